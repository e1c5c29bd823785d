#pragma once

#include "core/base/result.hpp"
#include "master/control/grid_views.hpp"
#include "master/control/revision.hpp"
#include "reconciler/plan.hpp"

namespace kontena::master {

/// How a revision is to be applied.
struct ApplyOptions {
    bool dry_run = false;
    bool prune = false;
    bool force = false;
    bool retry_failed = false;
    bool retry_quarantined = false; ///< also a commit that failed before
    std::shared_ptr<model::Plan const> saved = nullptr; ///< the plan that this carries out, if one
    model::Cause cause;
};

/// The master takes a stack that exposes a service which it does not have only when the stack is
/// there already: it may have lost the service.
core::Result<void> check_exposed(State const& head, FullRevision const& revision);

/// One transaction that stores the revision, applies its plan and says so in the source's status;
/// with dry_run an empty one. `plan` receives the plan in either case.
core::Result<Txn> apply_revision(
    GridViews& views,
    State const& head,
    FullRevision const& revision,
    ApplyOptions const& options,
    core::TimePoint now,
    model::Plan& plan
);

/// The plan of a revision as things are: what drift there is, or what an application would do.
core::Result<model::Plan> plan_revision(
    GridViews& views,
    State const& head,
    FullRevision const& revision,
    ApplyOptions const& options,
    core::TimePoint now
);

/// Stores a plan that is not carried out yet, with the revision that it was computed from.
void save_plan(Txn& txn, FullRevision const& revision, model::Plan const& plan);

/// Carries out a stored plan: exactly what it says. Errc::conflict, with what is different, when
/// its revision leads to something else by now, or it was carried out before.
core::Result<Txn> apply_saved(
    GridViews& views,
    State const& head,
    core::PlanId const& plan,
    model::Cause cause,
    core::TimePoint now
);

} // namespace kontena::master
