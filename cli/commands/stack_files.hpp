#pragma once

#include "cli/commands/context.hpp"
#include "cli/outside/workstation.hpp"
#include "core/model/stack_spec.hpp"
#include "stackfile/grid/folder.hpp"

#include <map>
#include <string>
#include <vector>

namespace kontena::cli {

/// The files that a command line names, in order, each once: a file, a folder (every stack file
/// and grid file in it and below), `-` for the standard input, a stack of the registry, a URL.
/// Errc::not_found when there is none.
core::Result<std::vector<stackfile::Document>>
gather_stack_files(std::vector<std::string> const& names, Workstation& world, std::istream& in);

/// Whether files are only looked at, or to be carried out by a master.
enum class Purpose {
    validate, ///< what is beyond this version is a warning
    apply,    ///< and here an error: it would run as something else than what it says
};

/// How stack files are read.
struct ReadOptions {
    Purpose purpose = Purpose::validate;
    std::string grid;
    std::string stack_name; ///< instead of that of the file
    std::string parent_name;
    std::map<std::string, stackfile::Value> values;
    stackfile::grid::Choice choice = stackfile::grid::Choice::own;
    stackfile::Depends depends = stackfile::Depends::read;
};

/// What reading all files gave.
struct StackReadings {
    std::size_t given = 0;                     ///< files that were named
    std::vector<stackfile::FileReading> files; ///< what a stack depends on comes before it
    std::vector<stackfile::Document> grid_files;
    std::optional<model::GridSettings> settings; ///< that a grid file asks for
    std::vector<core::Issue> errors;
    std::vector<core::Issue> warnings;
    std::vector<core::Issue> beyond; ///< those of the above that only this version cannot carry out
    std::map<std::string, std::string> texts; ///< of the files that issues name
    std::string report;                       ///< errors and warnings with excerpts of the files

    std::vector<model::StackSpec> stacks() const;
};

StackReadings read_stacks(
    std::vector<stackfile::Document> const& files,
    ReadOptions const& options,
    Workstation& world,
    render::Style style
);

/// `-v NAME=VALUE`, split at the first `=`; no `=` means null.
std::map<std::string, stackfile::Value> given_values(std::vector<std::string> const& texts);

/// The values of a YAML file with a map of names to values.
core::Result<std::map<std::string, stackfile::Value>> values_of_file(std::string const& path);

/// The variables of a stack as such a file.
std::string values_text(stackfile::Stack const& stack);

} // namespace kontena::cli
