#pragma once

#include "core/base/time.hpp"
#include "core/model/plan.hpp"
#include "reconciler/gates.hpp"
#include "reconciler/scheduler/cluster.hpp"
#include "reconciler/view.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace kontena::reconciler {

inline constexpr core::Seconds kInstanceDeadline{300}; ///< for one instance to pass its gates
inline constexpr core::Seconds kPlacementPatience{60}; ///< for a place to appear for an instance

/// What one look at a service leads to. Empty = nothing to do.
struct Step {
    std::vector<model::Assignment> assign; ///< new or changed
    std::vector<core::InstanceId> withdraw;
    std::vector<model::Deploy> deploys;     ///< the present one's new state, and one that follows
    std::optional<model::Service> service;  ///< its new state
    std::vector<model::Blocked> blocked;    ///< instances that have no place
    std::optional<core::TimePoint> wake_at; ///< look again then, even if nothing happens
    std::string note;                       ///< why assignments changed, for the journal

    bool changes() const {
        return !assign.empty() || !withdraw.empty() || !deploys.empty() || service;
    }
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

/// The services of the same grid that must be deployed before this one.
std::vector<core::ServiceId>
dependencies(core::ServiceId const& service, model::ServiceSpec const& spec);

} // namespace kontena::reconciler
