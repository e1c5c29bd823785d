#pragma once

#include "core/base/time.hpp"
#include "core/model/affinity.hpp"
#include "reconciler/scheduler/cluster.hpp"

#include <regex>
#include <string>
#include <vector>

namespace kontena::reconciler {

inline constexpr std::size_t kNamedNodes = 5; ///< node names that an explanation lists

/// What is to be placed.
struct Request {
    core::ServiceId service;
    model::ServiceSpec const* spec = nullptr;
    int number = 0;
    std::optional<core::NodeId> current; ///< where the instance is now, if anywhere
};

/// What the engine calls a volume that an instance mounts by name.
std::string engine_name(model::Volume const& volume, core::ServiceId const& service, int number);

/// An affinity rule made ready for one instance: the expression is compiled once.
struct Rule {
    model::Affinity affinity;
    std::string value;
    std::optional<std::regex> expression;
    std::string text; ///< as its author wrote it
};

/// Parses the rules for instance `number`. Rules that do not parse are left out: validation has
/// refused them before.
std::vector<Rule> compile_rules(std::vector<std::string> const& rules, int number);

/// True when the node is a match for the rule (before `!=` is considered).
bool matches(Rule const& rule, NodeSlot const& slot, core::ServiceId const& service);

/// A filter answers for one node, and says in words why it refused.
struct Filter {
    std::string_view name;
    bool (*keeps)(NodeSlot const&, Request const&);
    std::string (*explain)(Request const&);
};

/// In the order in which they are asked; volumes and affinity come between the two halves.
std::span<Filter const> fitness_filters();  ///< may it run anything: online, available, ephemeral
std::span<Filter const> resource_filters(); ///< is there room: port, cpu, memory, dependency

/// Asks all filters and rules; returns the slots that remain and who refused the others.
struct Filtered {
    std::vector<std::size_t> slots;
    std::vector<model::Refusal> refusals;
};

Filtered
filter_nodes(Cluster const& cluster, std::vector<Rule> const& rules, Request const& request);

/// True when the node still has room: what `filter_nodes` said may change while placing.
bool has_room(NodeSlot const& slot, Request const& request);

} // namespace kontena::reconciler
