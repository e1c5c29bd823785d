#include "reconciler/scheduler/filter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace kontena::reconciler {
namespace {

using model::AffinityKey;

bool holds_instance(NodeSlot const& slot, Request const& request) {
    auto const it = slot.services.find(request.service);
    return it != slot.services.end() && it->second.contains(request.number);
}

bool keeps_online(NodeSlot const& slot, Request const&) { return slot.node->connected; }

std::string explain_online(Request const&) { return "the node is offline"; }

bool keeps_available(NodeSlot const& slot, Request const&) {
    return slot.node->availability == model::Availability::active;
}

std::string explain_available(Request const&) { return "the node is being drained"; }

bool keeps_ephemeral(NodeSlot const& slot, Request const& request) {
    if (!request.spec->stateful) return true;
    bool const ephemeral = std::ranges::any_of(slot.node->labels, [](std::string const& label) {
        return label == "ephemeral" || label.starts_with("ephemeral=");
    });
    return !ephemeral || request.current == slot.node->id || holds_instance(slot, request);
}

std::string explain_ephemeral(Request const&) {
    return "the node is ephemeral and the service is stateful";
}

bool keeps_port(NodeSlot const& slot, Request const& request) {
    return std::ranges::none_of(request.spec->ports, [&](model::PortMapping const& wanted) {
        return std::ranges::any_of(slot.ports, [&](HostPort const& taken) {
            return collide(taken, wanted);
        });
    });
}

std::string explain_port(Request const& request) {
    std::vector<std::string> ports;
    for (auto const& p : request.spec->ports) ports.push_back(std::to_string(p.node_port));
    return fmt::format("host port {} is taken", fmt::join(ports, " or "));
}

bool keeps_cpu(NodeSlot const& slot, Request const& request) {
    return !request.spec->cpus ||
           slot.cpus + *request.spec->cpus <= double(slot.node->info.cpus) + 1e-9;
}

std::string explain_cpu(Request const& request) {
    return fmt::format("fewer than {:g} cpus are left", request.spec->cpus.value_or(0));
}

bool keeps_memory(NodeSlot const& slot, Request const& request) {
    return !request.spec->memory ||
           slot.memory + *request.spec->memory <= slot.node->info.mem_total;
}

std::string explain_memory(Request const& request) {
    return fmt::format(
        "less than {} MB of memory is left", request.spec->memory.value_or(0) / (1024 * 1024)
    );
}

/// The service of the same stack that `web-3` is an instance of, when the node has that.
bool has_sibling(NodeSlot const& slot, Request const& request, std::string_view name) {
    auto const dash = name.rfind('-');
    if (dash == std::string_view::npos) return false;
    auto const stack = core::stack_of(request.service);
    auto const service = slot.services.find(core::service_id(stack, name.substr(0, dash)));
    if (service == slot.services.end()) return false;
    return std::ranges::any_of(service->second, [&](int number) {
        return std::to_string(number) == name.substr(dash + 1);
    });
}

bool keeps_dependency(NodeSlot const& slot, Request const& request) {
    auto const& names = request.spec->volumes_from;
    return names.empty() || std::ranges::any_of(names, [&](std::string const& name) {
               return has_sibling(slot, request, model::with_instance(name, request.number));
           });
}

std::string explain_dependency(Request const& request) {
    std::vector<std::string> names;
    for (auto const& name : request.spec->volumes_from)
        names.push_back(model::with_instance(name, request.number));
    return fmt::format(
        "{}, whose volumes it uses, {} not there",
        fmt::join(names, " or "),
        names.size() == 1 ? "is" : "are"
    );
}

constexpr std::array kFitness = {
    Filter{"online", keeps_online, explain_online},
    Filter{"availability", keeps_available, explain_available},
    Filter{"ephemeral", keeps_ephemeral, explain_ephemeral},
};
constexpr std::array kResources = {
    Filter{"port", keeps_port, explain_port},
    Filter{"cpu", keeps_cpu, explain_cpu},
    Filter{"memory", keeps_memory, explain_memory},
    Filter{"dependency", keeps_dependency, explain_dependency},
};

bool text_matches(Rule const& rule, std::string const& text) {
    return rule.expression ? std::regex_search(text, *rule.expression) : text == rule.value;
}

/// `web` in stack shop means `shop/web`; `other/web` crosses stacks.
bool service_matches(
    Rule const& rule, core::ServiceId const& placed, core::ServiceId const& asking
) {
    auto const stack = core::stack_of(placed);
    if (text_matches(rule, fmt::format("{}/{}", stack.leaf(), placed.leaf()))) return true;
    return stack == core::stack_of(asking) && text_matches(rule, std::string(placed.leaf()));
}

bool container_matches(
    Rule const& rule, core::ServiceId const& placed, std::set<int> const& numbers
) {
    return std::ranges::any_of(numbers, [&](int n) {
        return text_matches(
            rule, fmt::format("{}.{}-{}", core::stack_of(placed).leaf(), placed.leaf(), n)
        );
    });
}

model::Refusal refusal(
    Cluster const& cluster,
    std::string name,
    std::string reason,
    std::vector<std::size_t> const& who
) {
    model::Refusal out{
        .filter = std::move(name), .refused = int(who.size()), .reason = std::move(reason)
    };
    for (std::size_t i = 0; i < std::min(who.size(), kNamedNodes); ++i) {
        out.nodes.emplace_back(cluster.slots()[who[i]].node->id.leaf());
    }
    return out;
}

void apply_filters(
    Cluster const& cluster, std::span<Filter const> filters, Request const& request, Filtered& out
) {
    for (auto const& filter : filters) {
        std::vector<std::size_t> refused;
        std::erase_if(out.slots, [&](std::size_t slot) {
            bool const drop = !filter.keeps(cluster.slots()[slot], request);
            if (drop) refused.push_back(slot);
            return drop;
        });
        if (!refused.empty()) {
            out.refusals.push_back(
                refusal(cluster, std::string(filter.name), filter.explain(request), refused)
            );
        }
    }
}

/// The volumes that the service mounts by name; what is none of the grid's, the engine makes.
std::vector<model::Volume> mounted(Cluster const& cluster, model::ServiceSpec const& spec) {
    std::vector<model::Volume> out;
    for (auto const& mount : spec.volumes) {
        if (!mount.named()) continue;
        auto const* known = cluster.volume(mount.source);
        out.push_back(known != nullptr ? *known : model::Volume{.name = mount.source});
    }
    return out;
}

/// Only nodes whose engine can make the volumes. Of the engine's own driver nobody asks.
void apply_volume_drivers(
    Cluster const& cluster, std::vector<model::Volume> const& volumes, Filtered& out
) {
    for (auto const& volume : volumes) {
        if (cluster.volume(volume.name) == nullptr) continue;
        std::vector<std::size_t> refused;
        std::erase_if(out.slots, [&](std::size_t slot) {
            auto const& drivers = cluster.slots()[slot].node->info.volume_drivers;
            bool const has = std::ranges::find(drivers, volume.driver) != drivers.end();
            if (!has) refused.push_back(slot);
            return !has;
        });
        if (refused.empty()) continue;
        auto reason = fmt::format(
            "the node has no volume driver '{}', which volume {} needs", volume.driver, volume.name
        );
        out.refusals.push_back(refusal(cluster, "volume driver", std::move(reason), refused));
    }
}

/// Where volumes of this instance are already, there it goes, as far as that leaves any node: a
/// wish, not a condition. Volumes that instances share say nothing about it.
void prefer_volumes(
    Cluster const& cluster,
    std::vector<model::Volume> const& volumes,
    Request const& request,
    Filtered& out
) {
    auto slots = out.slots;
    for (auto const& volume : volumes) {
        if (volume.scope != model::VolumeScope::instance) continue;
        auto const name = engine_name(volume, request.service, request.number);
        std::erase_if(slots, [&](std::size_t slot) {
            return !cluster.slots()[slot].volumes.contains(name);
        });
    }
    if (slots.empty() || slots.size() == out.slots.size()) return;
    std::vector<std::size_t> refused;
    std::ranges::set_difference(out.slots, slots, std::back_inserter(refused));
    out.refusals.push_back(
        refusal(cluster, "volume instance", "its volumes are on another node", refused)
    );
    out.slots = std::move(slots);
}

void apply_rules(
    Cluster const& cluster, std::vector<Rule> const& rules, Request const& request, Filtered& out
) {
    for (auto const& rule : rules) {
        std::vector<std::size_t> kept;
        std::vector<std::size_t> refused;
        for (auto const slot : out.slots) {
            bool const fits =
                matches(rule, cluster.slots()[slot], request.service) != rule.affinity.negated;
            (fits ? kept : refused).push_back(slot);
        }
        if (kept.empty() && rule.affinity.soft) continue;
        out.slots = std::move(kept);
        if (!refused.empty()) {
            out.refusals.push_back(
                refusal(cluster, "affinity", fmt::format("affinity {}", rule.text), refused)
            );
        }
    }
}

} // namespace

std::string engine_name(model::Volume const& volume, core::ServiceId const& service, int number) {
    switch (volume.scope) {
    case model::VolumeScope::instance:
        return model::instance_volume(core::instance_id(service, number), volume.name);
    case model::VolumeScope::stack:
        return fmt::format("{}.{}", core::stack_of(service).leaf(), volume.name);
    case model::VolumeScope::grid:
        return volume.name;
    }
    return {};
}

std::span<Filter const> fitness_filters() { return kFitness; }

std::span<Filter const> resource_filters() { return kResources; }

std::vector<Rule> compile_rules(std::vector<std::string> const& rules, int number) {
    std::vector<Rule> out;
    for (auto const& text : rules) {
        auto affinity = model::parse_affinity(text);
        if (!affinity) continue;
        Rule rule{.affinity = std::move(*affinity), .text = text};
        rule.value = model::with_instance(rule.affinity.value, number);
        if (rule.affinity.regex)
            rule.expression.emplace(rule.value, std::regex::ECMAScript | std::regex::optimize);
        out.push_back(std::move(rule));
    }
    return out;
}

bool matches(Rule const& rule, NodeSlot const& slot, core::ServiceId const& service) {
    switch (rule.affinity.key) {
    case AffinityKey::node:
        return text_matches(rule, std::string(slot.node->id.leaf()));
    case AffinityKey::label:
        return std::ranges::any_of(slot.node->labels, [&](std::string const& l) {
            return text_matches(rule, l);
        });
    case AffinityKey::service:
        return std::ranges::any_of(slot.services, [&](auto const& placed) {
            return service_matches(rule, placed.first, service);
        });
    case AffinityKey::container:
        return std::ranges::any_of(slot.services, [&](auto const& placed) {
            return container_matches(rule, placed.first, placed.second);
        });
    }
    return false;
}

Filtered
filter_nodes(Cluster const& cluster, std::vector<Rule> const& rules, Request const& request) {
    Filtered out;
    out.slots.resize(cluster.slots().size());
    for (std::size_t i = 0; i < out.slots.size(); ++i) out.slots[i] = i;
    apply_filters(cluster, kFitness, request, out);
    auto const volumes = mounted(cluster, *request.spec);
    apply_volume_drivers(cluster, volumes, out);
    prefer_volumes(cluster, volumes, request, out);
    apply_rules(cluster, rules, request, out);
    apply_filters(cluster, kResources, request, out);
    return out;
}

bool has_room(NodeSlot const& slot, Request const& request) {
    return std::ranges::all_of(kResources, [&](Filter const& filter) {
        return filter.keeps(slot, request);
    });
}

} // namespace kontena::reconciler
