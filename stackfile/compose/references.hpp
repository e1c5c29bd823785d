#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace kontena::stackfile::compose {

/// A variable that Compose takes from the environment.
struct Variable {
    std::optional<std::string> fallback; ///< translated; the first that is given
    bool required = false;
    bool differs = false; ///< another place has another fallback
};

using VariableMap = std::map<std::string, Variable, std::less<>>;

/// The text with its references as a stack file writes them, `${NAME}`; the variables are added.
/// What a stack file would take for Liquid becomes raw text. Nullopt when a reference has a form
/// that stack files do not have.
std::optional<std::string> translate(std::string_view text, VariableMap& variables);

/// Text that has no references, so that a stack file reads it as it is.
std::string literal(std::string_view text);

/// The names that a translated text refers to.
std::set<std::string, std::less<>> names_in(std::string_view translated);

/// A translated text as the fallbacks of its variables make it; nullopt when one has none.
std::optional<std::string>
with_fallbacks(std::string_view translated, VariableMap const& variables, int depth = 0);

} // namespace kontena::stackfile::compose
