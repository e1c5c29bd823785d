#pragma once

#include "core/base/error.hpp"
#include "core/model/stack_spec.hpp"
#include "stackfile/outside.hpp"
#include "stackfile/variables/value.hpp"
#include "stackfile/variables/variable.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Stack files: text in, desired state out. Pure: no files, no environment, no clock; whatever
/// the text refers to comes in through `Input`.
namespace kontena::stackfile {

struct Input {
    std::string text;
    std::string file;      ///< for messages and origins
    std::string reference; ///< what relative references in it start from, see Document
    std::string directory;
    std::string stack_name;  ///< name to install it under; empty = the name part of `stack:`
    std::string parent_name; ///< of the installed stack that depends on this one
    std::string grid;
    std::map<std::string, Value> values;   ///< given values; they win over everything in the file
    std::map<std::string, Value> defaults; ///< these replace `default:`
    Outside* outside = nullptr; ///< owned by the caller; nullptr = there is nothing outside
};

/// Either a stack or errors, all of them, in the order of the file. Positions are those of the
/// text that was given, also where interpolation changed it; columns count characters.
struct Reading {
    std::optional<model::StackSpec> stack;
    std::vector<core::Issue> errors;
    std::vector<core::Issue> warnings;
    std::map<std::string, Value> variables; ///< what is stored with the stack, with their types
    std::vector<VaultWrite> vault_writes;   ///< empty when there are errors
};

Reading read(Input const& input);

/// True for a YAML document with a top-level `stack:`, also when the document is broken. The
/// text of other YAML files in a repository is left alone.
bool is_stack_file(std::string_view text);

} // namespace kontena::stackfile
