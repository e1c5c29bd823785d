#pragma once

#include "core/base/error.hpp"
#include "core/model/stack_spec.hpp"
#include "stackfile/variables/value.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Stack files: text in, desired state out. Pure: no files, no environment, no clock; whatever
/// the text refers to comes in through `Input`.
namespace kontena::stackfile {

/// Looks up an environment variable. Empty function: there is no environment.
using EnvLookup = std::function<std::optional<std::string>(std::string_view name)>;

struct Input {
    std::string text;
    std::string file;       ///< for messages and origins
    std::string stack_name; ///< name to install it under; empty = the name part of `stack:`
    std::string grid;
    std::map<std::string, Value> values; ///< given values; they win over everything in the file
    EnvLookup env;
};

/// Either a stack or errors, all of them, in the order of the file. Positions are those of the
/// text that was given, also where interpolation changed it; columns count characters.
struct Reading {
    std::optional<model::StackSpec> stack;
    std::vector<core::Issue> errors;
    std::vector<core::Issue> warnings;
};

Reading read(Input const& input);

/// True for a YAML document with a top-level `stack:`, also when the document is broken. The
/// text of other YAML files in a repository is left alone.
bool is_stack_file(std::string_view text);

} // namespace kontena::stackfile
