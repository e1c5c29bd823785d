#pragma once

#include "core/base/result.hpp"
#include "core/model/deploy.hpp"
#include "core/model/plan.hpp"
#include "reconciler/live_grid.hpp"
#include "reconciler/view.hpp"

#include <memory>
#include <vector>

namespace kontena::reconciler {

/// What a source says a grid should be.
struct Desired {
    core::SourceId source;
    core::RevisionId revision;
    std::string commit;
    std::vector<std::shared_ptr<model::StackSpec const>> stacks;
    bool prune = false;        ///< remove this source's stacks that are not among `stacks`
    bool force = false;        ///< also change stacks that another source owns
    bool retry_failed = false; ///< deploy unchanged services again whose last deploy failed
    model::Cause cause;
};

/// Everything that applying a plan writes, ready for one transaction.
struct Effects {
    std::vector<model::Stack> stacks;
    std::vector<core::StackId> removed_stacks;
    std::vector<model::Service> services;
    std::vector<core::ServiceId> removed_services; ///< with their assignments and deploys
    std::vector<model::Deploy> deploys;

    bool empty() const {
        return stacks.empty() && removed_stacks.empty() && services.empty() &&
               removed_services.empty() && deploys.empty();
    }
};

struct Prepared {
    model::Plan plan;
    Effects effects;
};

/// Computes the plan that takes the grid to what is desired, and what applying it writes. The
/// dry run shows the very plan that is carried out. A stack that another source owns is a
/// conflict, unless forced.
core::Result<Prepared> prepare(LiveGrid& grid, Desired const& desired, core::TimePoint now);

/// What is different between a saved plan and the one that the same revision leads to now, in
/// words. Empty = the world did not move, as far as the plan is concerned.
std::vector<std::string> moved(model::Plan const& saved, model::Plan const& now);

/// The plan of `kontena service scale`: another number of instances, nothing else.
core::Result<Prepared> prepare_scale(
    LiveGrid& grid,
    core::ServiceId const& service,
    int instances,
    model::Cause cause,
    core::TimePoint now
);

/// The plan of `kontena stack remove`.
core::Result<Prepared> prepare_removal(
    LiveGrid& grid, core::StackId const& stack, model::Cause cause, core::TimePoint now
);

/// The plan of `kontena grid rebalance`: at most so many instances of stateless services move to
/// nodes where they are better off, see `rebalance`.
core::Result<Prepared>
prepare_rebalance(LiveGrid& grid, int moves, model::Cause cause, core::TimePoint now);

} // namespace kontena::reconciler
