#include "reconciler/quiet.hpp"

#include "core/model/affinity.hpp"

#include <algorithm>

namespace kontena::reconciler {
namespace {

/// Nothing on the node drives an instance with this spec away: it is not overfull, and no port is
/// given out twice.
bool comfortable(NodeSlot const& slot, model::ServiceSpec const& spec) {
    auto const& info = slot.node->info;
    if (spec.memory && slot.memory > info.mem_total) return false;
    if (spec.cpus && slot.cpus > double(info.cpus)) return false;
    return std::ranges::none_of(spec.ports, [&](model::PortMapping const& port) {
        return std::ranges::count_if(slot.ports, [&](HostPort const& taken) {
                   return collide(taken, port);
               }) > 1;
    });
}

} // namespace

bool settled(Cluster const& cluster, model::Grid const& grid, ServiceView const& view) {
    auto const& service = *view.service;
    auto const& spec = service.spec();
    bool const simple = service.state == model::ServiceState::running &&
                        spec.strategy != model::Strategy::daemon && !spec.deploy_opts.interval &&
                        spec.volumes_from.empty() && effective_affinity(grid, spec).empty();
    bool const deploying = view.deploy && !view.deploy->finished();
    if (!simple || deploying || int(view.instances.size()) != spec.instances) return false;
    for (int at = 0; at < spec.instances; ++at) {
        auto const& instance = view.instances[std::size_t(at)];
        if (instance.number != at + 1 || !instance.assignment) return false;
        if (instance.assignment->desired_state != model::DesiredState::running) return false;
        auto const slot = cluster.find(instance.assignment->node);
        if (!slot) return false;
        auto const& on = cluster.slots()[*slot];
        bool const stays =
            on.node->connected && on.node->availability == model::Availability::active;
        if (!spec.stateful && !(stays && comfortable(on, spec))) return false;
    }
    return true;
}

bool depends_on_others(model::Grid const& grid, model::ServiceSpec const& spec) {
    if (spec.strategy == model::Strategy::daemon || !spec.volumes_from.empty()) return true;
    return std::ranges::any_of(effective_affinity(grid, spec), [](std::string const& text) {
        auto const rule = model::parse_affinity(text);
        return rule && (rule->key == model::AffinityKey::service ||
                        rule->key == model::AffinityKey::container);
    });
}

} // namespace kontena::reconciler
