#pragma once

#include "core/base/error.hpp"
#include "core/model/stack_spec.hpp"
#include "core/yaml/node.hpp"
#include "stackfile/depends/dependency.hpp"
#include "stackfile/normalise/stack.hpp"
#include "stackfile/outside.hpp"
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
    std::string file;      ///< for messages and origins
    std::string reference; ///< what relative references in it start from, see Document
    std::string directory;
    std::string registry = "file://"; ///< where the text came from: a file or URL, or a registry
    std::string stack_name;  ///< name to install it under; empty = the name part of `stack:`
    std::string parent_name; ///< of the installed stack that depends on this one
    std::string grid;
    std::map<std::string, Value> values;   ///< given values; they win over everything in the file
    std::map<std::string, Value> defaults; ///< these replace `default:`
    EnvLookup env;
    Outside* outside = nullptr; ///< owned by the caller; nullptr = there is nothing outside
};

/// A secret that `to: {vault: NAME}` wants written, once the stack is accepted.
struct VaultWrite {
    std::string name;
    std::string value;
};

/// Either a stack or errors, all of them, file by file in their order. Positions are those of the
/// text that was given, also where templates changed it; columns count characters.
struct Reading {
    std::optional<model::StackSpec> stack;
    /// What is valid in the stack, but beyond this version of Kontena: it must not be applied.
    std::vector<core::Issue> beyond;
    std::vector<core::Issue> errors;
    std::vector<core::Issue> warnings;
    std::vector<VaultWrite> vault_writes;
    /// The whole stack as the file says it, for `payload`. Empty when there are errors.
    std::optional<Stack> normal;
    /// The document after all templates; null when it could not be read.
    yaml::YamlNode document;
};

Reading read(Input const& input);

/// The stacks that a stack file depends on, and what is wrong with them.
struct Dependencies {
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
