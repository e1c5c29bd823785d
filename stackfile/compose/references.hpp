#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace kontena::stackfile::compose {

/// A variable that Compose takes from the environment.
struct Variable {
    std::optional<std::string> fallback;
    bool required = false;
};

using VariableMap = std::map<std::string, Variable>;

/// The text with its references as a stack file writes them, `${NAME}`; the variables are added.
/// What a stack file would take for Liquid becomes raw text. Nullopt when a reference has a form
/// that stack files do not have.
std::optional<std::string> translate(std::string_view text, VariableMap& variables);

} // namespace kontena::stackfile::compose
