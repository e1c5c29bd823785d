#pragma once

#include "stackfile/report.hpp"
#include "stackfile/text.hpp"
#include "stackfile/variables/value.hpp"

#include <functional>
#include <map>
#include <string>

/// Liquid 4, the part that stack files use: tags, filters and strict modes as listed in the
/// format's reference. Pure and bounded: loops, output and nesting have limits.
namespace kontena::stackfile::liquid {

using Context = std::map<std::string, Value, std::less<>>;

/// Renders the whole text. Every problem is reported at its place in the original, as many as can
/// be found in one run; the text that comes out is then only good for finding more problems.
/// Undefined variables, filters and tags are errors; a variable that is null is defined.
MappedText
render(MappedText const& source, LineIndex const& original, Context const& context, Report& report);

/// True when there is nothing to render, so that the text can be used as it is.
bool is_plain(std::string_view text);

} // namespace kontena::stackfile::liquid
