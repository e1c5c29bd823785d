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

bool has_liquid(std::string_view text) {
    return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos;
}

constexpr int kDeepest = 5; ///< of defaults that refer to variables with defaults

std::optional<std::string>
without_references(std::string_view text, VariableMap& variables, int depth);

/// False when the definition of a variable cannot hold it.
bool add_fallback(std::string_view name, std::string_view text, VariableMap& out, int depth) {
    auto const made = has_liquid(text) ? std::nullopt : without_references(text, out, depth + 1);
    if (!made) return false;
    auto& variable = out[std::string(name)];
    if (variable.fallback && *variable.fallback != *made) variable.differs = true;
    if (!variable.fallback) variable.fallback = made;
    return true;
}

/// What stands behind the name in braces: nothing, a default, or an error message.
bool add_variable(std::string_view name, std::string_view operation, VariableMap& out, int depth) {
    auto& variable = out[std::string(name)];
    if (operation.empty()) return true;
    if (operation.front() == ':') operation.remove_prefix(1);
    if (operation.empty()) return false;
    auto const rest = operation.substr(1);
    if (operation.front() == '?') variable.required = true;
    if (operation.front() == '-') return add_fallback(name, rest, out, depth);
    return operation.front() == '?';
}

/// Of the brace that closes the one that the text begins with, which may have others in it.
std::size_t closing(std::string_view text) {
    int open = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with("${")) ++open;
        if (text[i] == '}' && --open == 0) return i;
    }
    return std::string_view::npos;
}

std::string without_liquid(std::string text) {
    return has_liquid(text) ? "{% raw %}" + text + "{% endraw %}" : std::move(text);
}

/// Calls `each(text, is_name)` for the parts of a translated text.
template <class F>
void for_parts(std::string_view text, F&& each) {
    while (!text.empty()) {
        auto const at = std::min(text.find('$'), text.size());
        each(text.substr(0, at), false);
        text.remove_prefix(at);
        if (text.empty()) return;
        auto const end = text.starts_with("${") ? text.find('}') : std::string_view::npos;
        auto const name = end != std::string_view::npos;
        auto const length = name ? end + 1 : text.starts_with("$$") ? 2 : 1;
        each(name ? text.substr(2, end - 2) : text.substr(0, 1), name);
        text.remove_prefix(length);
    }
}

/// With `${NAME}` for each reference, whatever its form was.
std::optional<std::string>
without_references(std::string_view text, VariableMap& variables, int depth) {
    std::string out;
    if (depth > kDeepest) return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const rest = text.substr(i);
        if (!rest.starts_with('$')) {
            out += text[i];
        } else if (rest.starts_with("$$")) {
            out += "$$";
            ++i;
        } else if (rest.starts_with("${")) {
            auto const end = closing(rest);
            auto const name = name_at(rest.substr(2));
            if (end == std::string_view::npos || name.empty()) return std::nullopt;
            auto const operation = rest.substr(2 + name.size(), end - 2 - name.size());
            if (!add_variable(name, operation, variables, depth)) return std::nullopt;
            out += "${" + std::string(name) + "}";
            i += end;
        } else if (auto const name = name_at(rest.substr(1)); !name.empty()) {
            add_variable(name, "", variables, depth);
            out += "${" + std::string(name) + "}";
            i += name.size();
        } else {
            out += '$';
        }
    }
    return out;
}

} // namespace

std::optional<std::string> translate(std::string_view text, VariableMap& variables) {
    auto out = without_references(text, variables, 0);
    return out ? std::optional(without_liquid(std::move(*out))) : std::nullopt;
}

std::string literal(std::string_view text) {
    std::string out;
    for (char const c : text) out += c == '$' ? std::string("$$") : std::string(1, c);
    return without_liquid(std::move(out));
}

std::set<std::string, std::less<>> names_in(std::string_view translated) {
    std::set<std::string, std::less<>> out;
    for_parts(translated, [&](std::string_view part, bool name) {
        if (name) out.emplace(part);
    });
    return out;
}

std::optional<std::string>
with_fallbacks(std::string_view translated, VariableMap const& variables, int depth) {
    std::string out;
    bool whole = depth <= kDeepest;
    for_parts(translated, [&](std::string_view part, bool name) {
        auto const found = name ? variables.find(part) : variables.end();
        if (!name)
            out += part;
        else if (found == variables.end() || !found->second.fallback || !whole)
            whole = false;
        else if (auto const value = with_fallbacks(*found->second.fallback, variables, depth + 1))
            out += *value;
        else
            whole = false;
    });
    return whole ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace kontena::stackfile::compose
