#pragma once

#include "core/base/result.hpp"
#include "tests/sim/scenario.hpp"

#include <optional>
#include <string>

/// A user's own stacks and nodes as a scenario.
namespace kontena::sim {

struct OwnStacks {
    std::string folder;
    std::string nodes_file;   ///< JSON: [{"name": "n1", "labels": ["az=a"]}, …]
    std::string old_revision; ///< of the folder's Git repository; empty: the files as they are
    std::string new_revision;
    std::optional<std::string> faults; ///< a JSON file, or a seed
};

/// The first commit at the start; the newer one after two minutes, and the faults, if there are
/// some, in the three minutes after it.
core::Result<Scenario> scenario_of(OwnStacks const& own);

} // namespace kontena::sim
