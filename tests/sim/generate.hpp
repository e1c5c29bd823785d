#pragma once

#include "tests/sim/scenario.hpp"

namespace kontena::sim {

/// A scenario of 20 nodes and ten minutes: stacks that change, faults in the first half, and from
/// then on quiet, with a last commit that every healthy grid can carry out.
Scenario generate(std::uint64_t seed);

/// Faults for a grid of somebody's own, in the first `until` of it.
std::vector<Fault>
generate_faults(std::uint64_t seed, std::vector<Host> const& nodes, core::Millis until);

} // namespace kontena::sim
