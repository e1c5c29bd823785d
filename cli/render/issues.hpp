#pragma once

#include "cli/render/style.hpp"
#include "core/base/error.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::cli::render {

/// The value or key in a line that an issue at this column, counted in characters, is about.
std::string_view words_at(std::string_view line, int column);

/// With U+FFFD for each byte that is no part of well-formed UTF-8, as JSON and terminals need it.
std::string well_formed(std::string_view text);

/// Each issue with its place and, where `text` has that line, the line with the words in question
/// underlined.
std::string
issues(std::vector<core::Issue> const& issues, std::string_view text, Style style, Colour colour);

/// The same for issues of several files, whose texts are looked up by name.
std::string issues(
    std::vector<core::Issue> const& issues,
    std::map<std::string, std::string> const& texts,
    Style style,
    Colour colour
);

/// ` [error] message`, what was being done, and the issues.
std::string error(core::Error const& error, Style style);

/// ` [warn] message`
std::string warning(std::string_view message, Style style);

} // namespace kontena::cli::render
