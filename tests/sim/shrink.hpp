#pragma once

#include "tests/sim/scenario.hpp"

#include <functional>

namespace kontena::sim {

/// True for a scenario that still shows what is looked for.
using Shows = std::function<bool(Scenario const&)>;

/// A smaller scenario that still shows it: faults, commits, services, images and nodes are left out
/// in ever smaller pieces, as long as that changes nothing (delta debugging, Zeller and
/// Hildebrandt 2002). The last `kept_commits` commits stay. At most `tries` runs.
Scenario shrink(Scenario scenario, std::size_t kept_commits, int tries, Shows const& shows);

} // namespace kontena::sim
