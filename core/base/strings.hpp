#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::core {

/// The nearest of `known` to `given` by edit distance, or empty when none is near enough to be
/// what was meant.
std::string_view nearest(std::string_view given, std::span<std::string_view const> known);

/// "; did you mean 'environment'?", or nothing: to be put behind a message about an unknown name.
std::string suggestion(std::string_view given, std::span<std::string_view const> known);

/// Without spaces, tabs and line ends at both ends.
std::string_view trim(std::string_view text);

/// The parts between separators; one part, maybe empty, when there is no separator.
std::vector<std::string_view> split(std::string_view text, char separator);

/// `a, b or c`.
std::string choices(std::span<std::string_view const> names);

/// Byte offset of the first byte that is not well-formed UTF-8, npos when all of it is.
std::size_t find_invalid_utf8(std::string_view text);

/// Number of code points of a well-formed UTF-8 text.
std::size_t count_code_points(std::string_view text);

} // namespace kontena::core
