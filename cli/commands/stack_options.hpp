#pragma once

#include "cli/args/args.hpp"
#include "cli/commands/stack_files.hpp"

#include <memory>
#include <optional>

namespace kontena::cli {

/// Options of commands that read stack files.
inline constexpr args::Option kVariableOption{
    .name = "variable",
    .value = "NAME=VALUE",
    .help = "the value of a variable; DEPENDENCY.NAME=VALUE for one of a dependency",
    .letter = 'v',
    .many = true,
};
inline constexpr args::Option kValuesFromOption{
    .name = "values-from", .value = "FILE", .help = "values of a YAML file", .many = true
};
inline constexpr args::Option kValuesFromStackOption{
    .name = "values-from-stack",
    .value = "STACK",
    .help = "values of an installed stack",
    .many = true,
};
inline constexpr args::Option kValuesToOption{
    .name = "values-to", .value = "FILE", .help = "write the values of all variables as YAML"
};
inline constexpr args::Option kStackNameOption{
    .name = "name", .value = "NAME", .help = "install under another name", .letter = 'n'
};

/// The world that stack files are read in, for one command.
struct StackWorld {
    std::unique_ptr<GridData> grid; ///< nullptr without a master
    std::unique_ptr<Workstation> world;
};

/// `online` needs a master and a grid, and fails without.
core::Result<StackWorld> stack_world(Context& context, bool online);

/// What --values-from-stack, --values-from and -v say, the latter winning.
core::Result<std::map<std::string, stackfile::Value>>
all_given_values(Context& context, StackWorld const& world);

/// Shows the report of readings and fails when they have errors.
core::Result<> tell(Context& context, StackReadings const& readings, std::string_view then);

/// Carries out --values-to: the values of the one stack that was given.
core::Result<> write_values(Context& context, StackReadings const& readings);

} // namespace kontena::cli
