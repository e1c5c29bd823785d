#pragma once

#include "core/base/time.hpp"
#include "core/model/plan.hpp"
#include "reconciler/scheduler/cluster.hpp"
#include "reconciler/view.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kontena::reconciler {

inline constexpr core::Seconds kInstanceDeadline{300}; ///< for one instance to pass its gates
inline constexpr core::Seconds kPlacementPatience{60}; ///< for a place to appear for an instance
inline constexpr int kCrashLimit = 3;                  ///< exits or failed attempts in a row

/// Whether an instance has passed the gates of its assignment.
enum class Gate { waiting, ready, failed };

struct GateResult {
    Gate gate = Gate::waiting;
    std::string reason; ///< why it failed, or what it waits for
};

/// Judges one instance against what it was assigned. Crash loops and failed attempts count from
/// kCrashLimit on; a deadline is the caller's matter.
GateResult judge(Instance const& instance);

/// How many instances may be unavailable at once: total × (1 − min_health), rounded down, at least
/// one. Exact: 0.8 of 10 leaves 2, not 1.
int unavailable_budget(int total, double min_health);

/// What one look at a service leads to. Empty = nothing to do.
struct Step {
    std::vector<model::Assignment> assign; ///< new or changed
    std::vector<core::InstanceId> withdraw;
    std::optional<model::Deploy> deploy;    ///< its new state
    std::optional<model::Service> service;  ///< for a redeploy by interval
    std::vector<model::Blocked> blocked;    ///< instances that have no place
    std::optional<core::TimePoint> wake_at; ///< look again then, even if nothing happens
    std::string note;                       ///< why assignments changed, for the journal

    bool changes() const { return !assign.empty() || !withdraw.empty() || deploy || service; }
};

/// Looks up the services that this one links to.
using Lookup = std::function<ServiceView const*(core::ServiceId const&)>;

/// Brings one service a step nearer to its spec: the whole of a rolling deploy, and all upkeep
/// between deploys. A pure function, called again whenever something changed or `wake_at` has come;
/// `cluster` must hold the grid's present assignments and is brought up to date.
Step advance(
    Cluster& cluster,
    model::Grid const& grid,
    ServiceView const& view,
    Lookup const& lookup,
    core::TimePoint now
);

/// True for a service that `advance` would certainly leave as it is, now and at any later time, as
/// long as nothing in the grid changes: the cheap answer for the many of which nothing is wanted.
/// False says nothing.
bool settled(Cluster const& cluster, model::Grid const& grid, ServiceView const& view);

/// True when what becomes of a service may change with what other services hold, although nothing
/// of its own changed: it runs wherever there is room, or its affinity looks at others.
bool depends_on_others(model::Grid const& grid, model::ServiceSpec const& spec);

/// The services of the same grid that must be deployed before this one.
std::vector<core::ServiceId>
dependencies(core::ServiceId const& service, model::ServiceSpec const& spec);

} // namespace kontena::reconciler
