#pragma once

#include "core/base/time.hpp"
#include "core/model/plan.hpp"
#include "reconciler/scheduler/cluster.hpp"

#include <optional>
#include <vector>

namespace kontena::reconciler {

/// Where one instance belongs. `node` is empty when it has to wait; `blocked` says why.
struct Target {
    int number = 0;
    model::PlacementKind kind = model::PlacementKind::keep; ///< keep, start or move
    core::NodeId node;
    core::NodeId from;
    model::Explanation explanation;
    std::string blocked;
};

struct Placement {
    /// One per wanted number, by number: 1..total, then the spares. Those of a stateful daemon have
    /// gaps, because what holds data keeps its number whatever becomes of other nodes.
    std::vector<Target> targets;
    int spares = 0;
    /// When an instance on an offline node may move, if nothing else happens before.
    std::optional<core::TimePoint> wake_at;

    bool wants(int number) const;
};

/// Seconds that a node may be silent before this service's stateless instances leave it.
core::Seconds reschedule_grace(model::ServiceSpec const& spec);

/// Decides where every wanted instance of a service runs, and reserves it in `cluster`, which
/// must hold what the service has now. Instances stay where they are as long as their node may
/// hold them; numbers that a deploy has `planned` go there if it is still possible; the others go
/// where the strategy says. `spares` are instances above the wanted number. Deterministic: ties go
/// to the lower node number, and `random` draws from the service's name and the instance number.
Placement place(
    Cluster& cluster,
    model::Grid const& grid,
    ServiceView const& service,
    core::TimePoint now,
    int spares = 0
);

} // namespace kontena::reconciler
