#pragma once

#include "core/base/error.hpp"
#include "core/model/stack_spec.hpp"
#include "core/yaml/node.hpp"
#include "stackfile/depends/dependency.hpp"
#include "stackfile/normalise/stack.hpp"
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
    std::string registry = "file://"; ///< where the text came from: a file or URL, or a registry
    std::string stack_name;  ///< name to install it under; empty = the name part of `stack:`
    std::string parent_name; ///< of the installed stack that depends on this one
    std::string grid;
    std::map<std::string, Value> values;   ///< given values; they win over everything in the file
    std::map<std::string, Value> defaults; ///< these replace `default:`
    Outside* outside = nullptr; ///< owned by the caller; nullptr = there is nothing outside
};

/// A value that was given for a variable that is not there.
struct UnknownValue {
    std::string name;
    std::string hint; ///< to be put behind a message about the name; may be empty
};

/// What a file says, and all that is wrong with it, file by file in their order. Positions are
/// those of the text that was given, also where templates changed it; columns count characters.
struct Reading {
    /// There when there are neither errors nor refusals.
    std::optional<model::StackSpec> stack;
    /// The whole stack as the file says it, for `payload`. There when there are no errors.
    std::optional<Stack> normal;
    /// The document after all templates; null when it could not be read.
    yaml::YamlNode document;
    std::vector<core::Issue> errors;   ///< the file is no stack file
    std::vector<core::Issue> refusals; ///< it is one that no master takes, see model::validate
    std::vector<core::Issue> beyond;   ///< in a valid file, see model::beyond_this_version
    std::vector<core::Issue> warnings;
    /// Of `Input::values`. Empty when the variables could not be read; values for the variables of
    /// dependencies are not looked at.
    std::vector<UnknownValue> unknown_values;
    std::vector<VaultWrite> vault_writes; ///< empty when there are errors or refusals
};

Reading read(Input const& input);

/// The stacks that a stack file depends on, and what is wrong with them.
struct Dependencies {
    std::string name; ///< that the stack itself is installed under
    std::vector<Dependency> list;
    std::vector<core::Issue> errors;
};

/// Takes the files as they are written: no variable is resolved and nobody is asked anything.
Dependencies dependency_tree(Input const& input);

/// What a dependency of `parent` is read from: with the values that the entry gives it, and those
/// given to the parent for it, as `NAME.variable`.
Input dependency_input(Input const& parent, Dependency const& child);

/// True for a YAML document with a top-level `stack:`, also when the document is broken. The
/// text of other YAML files in a repository is left alone.
bool is_stack_file(std::string_view text);

} // namespace kontena::stackfile
