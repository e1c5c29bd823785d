#pragma once

#include "cli/commands/context.hpp"
#include "stackfile/outside.hpp"

namespace kontena::cli {

/// Asks on the terminal: the question goes to its error stream, so that the output stays clean.
/// Without a terminal there is no answer, null. Asks again after a wrong answer, a few times.
core::Result<stackfile::Value> ask(Terminal& terminal, stackfile::Question const& question);

} // namespace kontena::cli
