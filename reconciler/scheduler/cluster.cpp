#include "reconciler/scheduler/cluster.hpp"

#include <algorithm>

namespace kontena::reconciler {
namespace {

constexpr std::uint64_t kUse = 256UL * 1024 * 1024;  ///< of an instance without a limit
constexpr double kMemory = 8.0 * 1024 * 1024 * 1024; ///< of a node that does not say

std::uint64_t use_of(model::ServiceSpec const& spec) { return spec.memory.value_or(kUse); }

double memory_of(model::Node const& node) {
    auto const total = double(node.info.mem_total);
    return total > 0 ? total : kMemory;
}

void remove_port(std::vector<HostPort>& ports, model::PortMapping const& mapping) {
    auto const taken = std::ranges::find_if(ports, [&](HostPort const& p) {
        return p.port == mapping.node_port && p.protocol == mapping.protocol && p.ip == mapping.ip;
    });
    if (taken != ports.end()) ports.erase(taken);
}

} // namespace

double load_of(model::ServiceSpec const& spec, model::Node const& node) {
    return double(use_of(spec)) / memory_of(node);
}

double load_of(NodeSlot const& slot) { return double(slot.use) / memory_of(*slot.node); }

bool collide(HostPort const& taken, model::PortMapping const& wanted) {
    if (taken.port != wanted.node_port || taken.protocol != wanted.protocol) return false;
    return taken.ip == wanted.ip || taken.ip == "0.0.0.0" || wanted.ip == "0.0.0.0";
}

Cluster::Cluster(std::span<std::shared_ptr<model::Node const> const> nodes) {
    slots_.reserve(nodes.size());
    index_.reserve(nodes.size());
    for (auto const& node : nodes) {
        index_.emplace(node->id, slots_.size());
        slots_.push_back({.node = node, .zone = zone_of(*node)});
    }
}

Cluster Cluster::of(GridView const& view) {
    Cluster out(view.nodes);
    for (auto const& [id, service] : view.services) out.hold(service);
    return out;
}

int Cluster::zone_of(model::Node const& node) {
    return zones_.try_emplace(label_value(node, "az", "default"), int(zones_.size())).first->second;
}

std::optional<std::size_t> Cluster::find(core::NodeId const& node) const {
    auto const it = index_.find(node);
    if (it == index_.end()) return std::nullopt;
    return it->second;
}

void Cluster::update(std::shared_ptr<model::Node const> node) {
    auto const slot = find(node->id);
    if (!slot) return;
    slots_[*slot].zone = zone_of(*node);
    slots_[*slot].node = std::move(node);
}

void Cluster::set_volume(model::Volume volume) {
    auto name = volume.name;
    volumes_.insert_or_assign(std::move(name), std::move(volume));
}

model::Volume const* Cluster::volume(std::string const& name) const {
    auto const found = volumes_.find(name);
    return found == volumes_.end() ? nullptr : &found->second;
}

void Cluster::set_volumes_on(core::NodeId const& node, std::set<std::string> names) {
    if (auto const slot = find(node)) slots_[*slot].volumes = std::move(names);
}

void Cluster::reserve(
    core::ServiceId const& service,
    int number,
    std::size_t slot,
    std::shared_ptr<model::ServiceSpec const> spec
) {
    take(service, {.slot = slot, .number = number, .spec = std::move(spec)});
}

void Cluster::take(core::ServiceId const& service, Held held) {
    auto& at = slots_[held.slot];
    for (auto const& port : held.spec->ports)
        at.ports.push_back({port.protocol, port.node_port, port.ip});
    at.services[service].insert(held.number);
    at.cpus += held.spec->cpus.value_or(0);
    at.memory += held.spec->memory.value_or(0);
    at.use += use_of(*held.spec);
    held_[service].push_back(std::move(held));
}

void Cluster::release(core::ServiceId const& service) {
    auto const all = held_.find(service);
    if (all == held_.end()) return;
    for (auto const& held : all->second) {
        auto& at = slots_[held.slot];
        for (auto const& port : held.spec->ports) remove_port(at.ports, port);
        at.services.erase(service);
        at.cpus -= held.spec->cpus.value_or(0);
        at.memory -= std::min(at.memory, held.spec->memory.value_or(0));
        at.use -= use_of(*held.spec);
    }
    held_.erase(all);
}

std::vector<Cluster::Held> Cluster::claims(ServiceView const& view) const {
    auto const& service = *view.service;
    auto const& current = service.current();
    std::vector<Held> out;
    out.reserve(view.instances.size());
    for (auto const& instance : view.instances) {
        auto const slot = instance.assignment ? find(instance.assignment->node) : std::nullopt;
        if (!slot) continue;
        auto spec = service.spec_at(instance.assignment->revision);
        if (!spec) spec = current.spec;
        out.push_back({.slot = *slot, .number = instance.number, .spec = std::move(spec)});
    }
    if (!view.deploy || view.deploy->finished()) return out;
    for (auto const& planned : view.deploy->planned) {
        auto const* instance = view.find(planned.number);
        auto const slot = find(planned.node);
        if (slot && (instance == nullptr || !instance->assignment))
            out.push_back({.slot = *slot, .number = planned.number, .spec = current.spec});
    }
    return out;
}

bool Cluster::hold(ServiceView const& view) {
    auto const& id = view.service->id;
    auto wanted = claims(view);
    auto const before = held_.find(id);
    bool const same = before == held_.end() ? wanted.empty() : before->second == wanted;
    if (same) return false;
    release(id);
    for (auto& held : wanted) take(id, std::move(held));
    return true;
}

} // namespace kontena::reconciler
