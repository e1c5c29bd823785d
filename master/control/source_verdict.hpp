#pragma once

#include "core/base/time.hpp"
#include "master/control/grid_views.hpp"
#include "master/store/state.hpp"

#include <string>
#include <vector>

namespace kontena::master {

/// Looks how the applied revisions of a grid's sources have come out. One of which everything was
/// deployed is the last good one from then on. One that failed is quarantined, and under the policy
/// `rollback` the source goes back to its last good revision. Adds to `notes` what was done, in
/// words.
void judge_sources(
    Txn& txn,
    GridViews& views,
    core::GridId const& grid,
    core::TimePoint now,
    std::vector<std::string>& notes
);

} // namespace kontena::master
