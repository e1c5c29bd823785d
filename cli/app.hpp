#pragma once

#include "cli/commands/context.hpp"

#include <string>
#include <vector>

namespace kontena::cli {

/// What the program gets from its surroundings.
struct Surroundings {
    Terminal& terminal;
    EnvLookup env;
    std::function<core::TimePoint()> now;
    std::function<awaitable<void>(core::Millis)> sleep;
    /// Makes the client of a master; `debug` asks it to show what it sends.
    std::function<core::Result<std::unique_ptr<ApiClient>>(Server const& server, bool debug)>
        connect;
    Fetch fetch = {};
    RunProgram run_program = {};
};

/// One run of `kontena`: words in (without the program's name), exit code out. `surroundings`
/// outlives the run.
awaitable<int> run(Surroundings const& surroundings, std::vector<std::string> words);

/// All commands, for help and tests.
std::vector<args::Command> command_table();

} // namespace kontena::cli
