#pragma once

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "master/store/state.hpp"

namespace kontena::master {

/// Holds what the grid file of a revision says about size and subnets against the grid, which
/// never changes them: Errc::invalid with the differences.
core::Result<void> check_settings(State const& head, model::Revision const& revision);

/// Gives the grid the settings of the revision's grid file, when they differ.
void apply_settings(Txn& txn, model::Revision const& revision, core::TimePoint now);

} // namespace kontena::master
