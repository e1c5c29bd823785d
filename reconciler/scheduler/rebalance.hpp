#pragma once

#include "core/base/time.hpp"
#include "core/model/plan.hpp"
#include "reconciler/scheduler/cluster.hpp"

#include <vector>

namespace kontena::reconciler {

/// An instance that would be better off elsewhere.
struct Move {
    core::ServiceId service;
    int number = 0;
    core::NodeId from;
    core::NodeId to;
    model::Explanation explanation;
};

/// At most `limit` moves, the most useful one first, each computed on the grid as the ones before
/// leave it. A move brings instances of one service further apart (over zones, then over nodes), or
/// takes from a node that has more to do than another one, and never makes the former worse. Only
/// instances of stateless services that are at rest, their last deploy done, move, off nodes that
/// are online and active, to nodes that pass every filter; what others have affinity rules about
/// stays. `cluster` holds what the view says and is not changed. Deterministic; once all moves are
/// made, it proposes others or none, never the way back.
std::vector<Move>
rebalance(Cluster const& cluster, GridView const& view, int limit, core::TimePoint now);

} // namespace kontena::reconciler
