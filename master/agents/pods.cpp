#include "master/agents/pods.hpp"

namespace kontena::master {

std::optional<wire::PodSpec>
pod_for(State const& state, core::NodeId const& node, core::InstanceId const& instance) {
    auto const assignment = state.find<model::Assignment>(instance);
    if (!assignment || assignment->node != node) return std::nullopt;
    auto const id = core::service_of(instance);
    auto const service = state.find<model::Service>(id);
    auto const spec = service ? service->spec_at(assignment->revision) : nullptr;
    if (!spec) return std::nullopt;
    return wire::PodSpec{
        .id = instance,
        .service = id,
        .grid = std::string(id.root()),
        .stack = std::string(core::stack_of(id).leaf()),
        .name = std::string(id.leaf()),
        .number = assignment->number,
        .revision = assignment->revision,
        .desired_state = assignment->desired_state,
        .spec = spec,
    };
}

wire::Assignments full_set(State const& state, core::NodeId const& node) {
    wire::Assignments out{.index = state.index, .base = 0, .full = true, .node = node};
    state.all<model::Assignment>().for_prefix(
        std::string(node.root()) + "/",
        [&](auto const& id, auto const& assignment) {
            if (assignment->node != node) return;
            if (auto pod = pod_for(state, node, id)) out.pods.push_back(std::move(*pod));
        }
    );
    return out;
}

wire::Assignments delta(
    State const& state,
    core::NodeId const& node,
    Index base,
    std::set<core::InstanceId> const& touched
) {
    wire::Assignments out{.index = state.index, .base = base, .full = false, .node = node};
    for (auto const& id : touched) {
        if (auto pod = pod_for(state, node, id)) {
            out.pods.push_back(std::move(*pod));
        } else {
            out.removed.push_back(id);
        }
    }
    return out;
}

} // namespace kontena::master
