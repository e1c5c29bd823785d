#pragma once

#include "reconciler/scheduler/cluster.hpp"
#include "reconciler/view.hpp"

/// Which services need no look.
namespace kontena::reconciler {

/// True for a service that `advance` would certainly leave as it is, now and at any later time, as
/// long as nothing in the grid changes: the cheap answer for the many of which nothing is wanted.
/// False says nothing.
bool settled(Cluster const& cluster, model::Grid const& grid, ServiceView const& view);

/// True when what becomes of a service may change with what other services hold, although nothing
/// of its own changed: it runs wherever there is room, or its affinity looks at others.
bool depends_on_others(model::Grid const& grid, model::ServiceSpec const& spec);

} // namespace kontena::reconciler
