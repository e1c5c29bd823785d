#include "reconciler/scheduler/cluster.hpp"

#include <algorithm>

namespace kontena::reconciler {

bool collide(HostPort const& taken, model::PortMapping const& wanted) {
    constexpr std::string_view any = "0.0.0.0";
    return taken.port == wanted.node_port && taken.protocol == wanted.protocol &&
           (taken.ip == wanted.ip || taken.ip == any || wanted.ip == any);
}

Cluster::Cluster(std::span<std::shared_ptr<model::Node const> const> nodes) {
    std::map<std::string, int> zones;
    slots_.reserve(nodes.size());
    for (auto const& node : nodes) {
        auto const zone =
            zones.try_emplace(label_value(*node, "az", "default"), int(zones.size())).first->second;
        index_.emplace(node->id, slots_.size());
        slots_.push_back({.node = node, .zone = zone});
    }
    zones_ = int(zones.size());
}

Cluster Cluster::of(GridView const& view) {
    Cluster out(view.nodes);
    for (auto const& [id, service] : view.services) {
        for (auto const& instance : service.instances) {
            if (!instance.assignment) continue;
            auto const spec = service.service->spec_at(instance.assignment->revision);
            out.reserve(
                id,
                instance.number,
                instance.assignment->node,
                spec ? *spec : service.service->spec()
            );
        }
        if (!service.deploy || service.deploy->finished()) continue;
        for (auto const& planned : service.deploy->planned) {
            auto const* instance = service.find(planned.number);
            bool const done = instance != nullptr && instance->assignment != nullptr;
            if (!done) out.reserve(id, planned.number, planned.node, service.service->spec());
        }
    }
    return out;
}

std::optional<std::size_t> Cluster::find(core::NodeId const& node) const {
    auto const it = index_.find(node);
    if (it == index_.end()) return std::nullopt;
    return it->second;
}

void Cluster::reserve(
    core::ServiceId const& service,
    int number,
    core::NodeId const& node,
    model::ServiceSpec const& spec
) {
    if (auto const slot = find(node)) reserve(service, number, *slot, spec);
}

void Cluster::reserve(
    core::ServiceId const& service, int number, std::size_t slot, model::ServiceSpec const& spec
) {
    auto& at = slots_[slot];
    if (!at.services[service].insert(number).second) return;
    at.cpus += spec.cpus.value_or(0);
    at.memory += spec.memory.value_or(0);
    for (auto const& port : spec.ports)
        at.ports.push_back({port.protocol, port.node_port, port.ip});
}

void Cluster::release(
    core::ServiceId const& service,
    int number,
    core::NodeId const& node,
    model::ServiceSpec const& spec
) {
    auto const slot = find(node);
    if (!slot) return;
    auto& at = slots_[*slot];
    auto const placed = at.services.find(service);
    if (placed == at.services.end() || placed->second.erase(number) == 0) return;
    if (placed->second.empty()) at.services.erase(placed);
    at.cpus -= spec.cpus.value_or(0);
    at.memory -= std::min(at.memory, spec.memory.value_or(0));
    for (auto const& port : spec.ports) {
        auto const taken = std::ranges::find_if(at.ports, [&](HostPort const& p) {
            return p.port == port.node_port && p.protocol == port.protocol && p.ip == port.ip;
        });
        if (taken != at.ports.end()) at.ports.erase(taken);
    }
}

} // namespace kontena::reconciler
