#include "master/control/grid_view.hpp"

#include <algorithm>
#include <charconv>

namespace kontena::master {
namespace {

using reconciler::GridView;
using reconciler::Instance;
using reconciler::ServiceView;

ServiceView make_view(State const& state, std::shared_ptr<model::Service const> service) {
    ServiceView out;
    out.deploy = state.find<model::Deploy>(model::deploy_id(service->id, service->deploys));
    auto const prefix = service->id.str() + "/";
    state.all<model::Assignment>().for_prefix(prefix, [&](auto const&, auto const& assignment) {
        out.instances.push_back({.number = assignment->number, .assignment = assignment});
    });
    state.all<model::Observation>().for_prefix(
        prefix,
        [&](auto const& id, auto const& observation) {
            auto const number = instance_number(id);
            auto const it = std::ranges::find(out.instances, number, &Instance::number);
            if (it != out.instances.end()) {
                it->observation = observation;
            } else {
                out.instances.push_back({.number = number, .observation = observation});
            }
        }
    );
    std::ranges::sort(out.instances, {}, &Instance::number);
    out.service = std::move(service);
    return out;
}

} // namespace

int instance_number(core::InstanceId const& id) {
    int out = 0;
    auto const text = id.leaf();
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

GridView grid_view(State const& state, core::GridId const& grid) {
    GridView out;
    out.grid = state.find<model::Grid>(grid);
    auto const prefix = grid.str() + "/";
    state.all<model::Node>().for_prefix(prefix, [&](auto const&, auto const& node) {
        out.nodes.push_back(node);
    });
    std::ranges::sort(out.nodes, {}, [](auto const& node) { return node->number; });
    state.all<model::Stack>().for_prefix(prefix, [&](auto const& id, auto const& stack) {
        out.stacks.emplace(id, stack);
    });
    state.all<model::Service>().for_prefix(prefix, [&](auto const& id, auto const& service) {
        out.services.emplace_hint(out.services.end(), id, make_view(state, service));
    });
    return out;
}

std::optional<ServiceView> service_view(State const& state, core::ServiceId const& service) {
    auto found = state.find<model::Service>(service);
    if (!found) return std::nullopt;
    return make_view(state, std::move(found));
}

} // namespace kontena::master
