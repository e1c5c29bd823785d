#pragma once

#include "cli/commands/context.hpp"
#include "core/model/stack_spec.hpp"
#include "stackfile/read.hpp"

#include <string>
#include <vector>

namespace kontena::cli {

/// A stack file on disk, or the standard input.
struct StackText {
    std::string file;
    std::string text;
};

/// The files that `-f` names, in order, each once: a file itself; of a folder every stack file in
/// it and below; `-` is the standard input. Errc::not_found when there is none.
core::Result<std::vector<StackText>>
gather_stack_files(std::vector<std::string> const& paths, std::istream& in);

/// What reading all files gave.
struct StackReadings {
    std::vector<model::StackSpec> stacks;
    std::vector<core::Issue> errors;
    std::vector<core::Issue> warnings;
    std::string report; ///< errors and warnings with excerpts of the files
};

/// Whether files are only looked at, or to be carried out by a master.
enum class Purpose {
    validate, ///< what is beyond this version is a warning
    apply,    ///< and here an error: it would run as something else than what it says
};

StackReadings read_stacks(
    Purpose purpose,
    std::vector<StackText> const& files,
    std::string const& grid,
    std::string const& stack_name,
    std::map<std::string, stackfile::Value> const& values,
    EnvLookup const& env,
    render::Style style
);

/// `-v NAME=VALUE`, split at the first `=`; no `=` means null.
std::map<std::string, stackfile::Value> given_values(std::vector<std::string> const& texts);

} // namespace kontena::cli
