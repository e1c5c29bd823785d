#pragma once

#include "tests/sim/simulation.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace kontena::sim {

/// A seed whose scenario breaks a law.
struct Find {
    std::uint64_t seed = 0;
    Violation violation;
};

struct SearchResult {
    std::uint64_t done = 0;
    std::uint64_t events = 0;
    std::vector<Find> finds; ///< by seed
};

/// Runs the scenarios of the seeds from `first` on: `count` of them, or until `stop`. Each on one
/// of `threads`; every twentieth is run twice and has to take the same course. `progress` is called
/// now and then, from any thread, one at a time.
SearchResult search(
    std::uint64_t first,
    std::uint64_t count,
    int threads,
    std::atomic<bool> const& stop,
    std::function<void(SearchResult const&)> const& progress
);

/// The smallest scenario found that breaks the same law.
Scenario smallest(Scenario const& scenario, Violation const& violation);

} // namespace kontena::sim
