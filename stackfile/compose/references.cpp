#include "stackfile/compose/references.hpp"

#include <algorithm>

namespace kontena::stackfile::compose {
namespace {

bool name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view name_at(std::string_view text) {
    auto const end = std::ranges::find_if_not(text, name_char);
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// What stands behind the name in braces: nothing, a default, or an error message.
bool add_variable(std::string_view name, std::string_view operation, VariableMap& out) {
    auto& variable = out[std::string(name)];
    if (operation.empty()) return true;
    if (operation.front() == ':') operation.remove_prefix(1);
    if (operation.empty()) return false;
    auto const rest = operation.substr(1);
    if (operation.front() == '?') {
        variable.required = true;
        return true;
    }
    if (operation.front() != '-' || rest.find('$') != std::string_view::npos) return false;
    variable.fallback = rest;
    return true;
}

} // namespace

std::optional<std::string> translate(std::string_view text, VariableMap& variables) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const rest = text.substr(i);
        if (!rest.starts_with('$')) {
            out += text[i];
        } else if (rest.starts_with("$$")) {
            out += "$$";
            ++i;
        } else if (rest.starts_with("${")) {
            auto const end = rest.find('}');
            auto const name = name_at(rest.substr(2));
            if (end == std::string_view::npos || name.empty()) return std::nullopt;
            auto const operation = rest.substr(2 + name.size(), end - 2 - name.size());
            if (!add_variable(name, operation, variables)) return std::nullopt;
            out += "${" + std::string(name) + "}";
            i += end;
        } else if (auto const name = name_at(rest.substr(1)); !name.empty()) {
            add_variable(name, "", variables);
            out += "${" + std::string(name) + "}";
            i += name.size();
        } else {
            out += '$';
        }
    }
    auto const liquid = out.find("{{") != std::string::npos || out.find("{%") != std::string::npos;
    return liquid ? "{% raw %}" + out + "{% endraw %}" : out;
}

} // namespace kontena::stackfile::compose
