#pragma once

#include "core/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Docker Compose files (version 2 and 3) → stack files. Pure.
namespace kontena::stackfile::compose {

struct Conversion {
    std::string text;               ///< the stack file; empty when there are errors
    std::vector<core::Issue> notes; ///< what was not carried over, or means something else
    std::vector<core::Issue> errors;
};

/// `stack` names the stack when the file has no `name:`. Nothing is dropped without a note, but
/// for what has no meaning outside of Compose: `version`, and extension fields (`x-…`).
Conversion convert(std::string_view text, std::string const& file, std::string const& stack);

} // namespace kontena::stackfile::compose
