#pragma once

#include "cli/args/args.hpp"
#include "cli/commands/context.hpp"

#include <span>

namespace kontena::cli {

/// A command of the table: how it is written, and what it does. The result is the exit code.
/// `context` outlives the call.
struct Entry {
    args::Command command;
    awaitable<core::Result<int>> (*run)(Context& context) = nullptr;
};

std::span<Entry const> master_commands();
std::span<Entry const> grid_commands();
std::span<Entry const> node_commands();
std::span<Entry const> source_commands();
std::span<Entry const> stack_commands();
std::span<Entry const> stack_file_commands();
std::span<Entry const> service_commands();
std::span<Entry const> plan_commands();
std::span<Entry const> event_commands();
std::span<Entry const> general_commands();

/// Options that many commands have.
inline constexpr args::Option kGridOption{
    .name = "grid", .value = "GRID", .help = "another grid than the selected one"
};
inline constexpr args::Option kForceOption{
    .name = "force", .value = {}, .help = "do not ask for confirmation"
};
inline constexpr args::Option kQuietOption{
    .name = "quiet", .value = {}, .help = "print names only", .letter = 'q'
};
inline constexpr args::Option kFormatOption{
    .name = "format",
    .value = "FORMAT",
    .help = "table or json",
    .fallback = "table",
};
inline constexpr args::Option kPlanFormatOption{
    .name = "format",
    .value = "FORMAT",
    .help = "table, json or markdown",
    .fallback = "table",
};
inline constexpr args::Option kWaitOption{
    .name = "wait", .value = {}, .help = "wait until everything runs, and show the progress"
};
inline constexpr args::Option kTimeoutOption{
    .name = "timeout", .value = "TIME", .help = "how long to wait, such as 90s", .fallback = "10m"
};
inline constexpr args::Option kDryRunOption{
    .name = "dry-run", .value = {}, .help = "show the plan and change nothing"
};
inline constexpr args::Option kDetailedOption{
    .name = "detailed-exitcode",
    .value = {},
    .help = "with --dry-run: exit 0 when nothing is to be done, 2 when there are changes"
};

} // namespace kontena::cli
