#pragma once

#include "core/async/asio.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace kontena::sys {

struct ProcessResult {
    int exit_code = 0; ///< 128 + signal when a signal ended it
    std::string output;
};

/// Runs a program without a shell: `input` on its standard input, its standard output collected,
/// its standard error that of this process. Killed after `limit`, when it prints more than
/// `max_output` bytes, and when the caller is cancelled; never left behind.
awaitable<core::Result<ProcessResult>> run_process(
    std::vector<std::string> argv, std::string input, core::Millis limit, std::size_t max_output
);

/// Runs a program without a shell, found in PATH, with the standard streams of this process, for
/// as long as it takes. The exit code, as above; killed when the caller is cancelled.
awaitable<core::Result<int>> run_in_foreground(std::vector<std::string> argv);

} // namespace kontena::sys
