#pragma once

#include "tests/sim/search.hpp"
#include "tests/sim/simulation.hpp"

#include <string>

namespace kontena::sim {

/// The law that is broken, and the last lines of the timeline before that.
std::string report_violation(Scenario const& scenario, Violation const& violation);

/// All lines of a run.
std::string report_timeline(Outcome const& outcome);

/// Where every instance is at the end, and in what state.
std::string report_placements(master::State const& state);

/// Per fault: what came of it, in the order of time.
std::string report_faults(Scenario const& scenario, Outcome const& outcome);

} // namespace kontena::sim
