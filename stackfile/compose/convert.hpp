#pragma once

#include "core/base/error.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Docker Compose files (version 2 and 3) → stack files. Pure.
namespace kontena::stackfile::compose {

struct Conversion {
    std::string text;               ///< the stack file; empty when there are errors
    std::vector<core::Issue> notes; ///< what was not carried over, or means something else
    std::vector<core::Issue> errors;
    /// Its variables that have no default, with a value that suits the places where they stand.
    std::map<std::string, std::string> examples = {};
};

struct StackName {
    std::string given = {};     ///< wins over the `name:` of the file; a valid name
    std::string otherwise = {}; ///< when nothing else says a name
};

/// Nothing is dropped without a note, but for what has no meaning outside of Compose: `version`,
/// and extension fields (`x-…`). A stack file comes out that its reader accepts, when the files
/// that it names are there and its variables have values.
Conversion convert(std::string_view text, std::string const& file, StackName const& name);

} // namespace kontena::stackfile::compose
