#pragma once

#include "core/base/time.hpp"
#include "master/store/state.hpp"
#include "reconciler/plan.hpp"
#include "reconciler/rollout.hpp"

namespace kontena::master {

/// Writes what a plan decided, and the plan itself unless it is empty. Returns the plan as stored.
model::Plan apply(Txn& txn, reconciler::Prepared prepared, core::TimePoint now);

/// Stores a plan and forgets the oldest ones of its grid.
void put_plan(Txn& txn, model::Plan const& plan);

/// Writes what one step of a service decided.
void apply(Txn& txn, reconciler::Step const& step);

} // namespace kontena::master
