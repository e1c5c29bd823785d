#include "core/base/strings.hpp"
#include "stackfile/variables/source.hpp"

#include <fmt/format.h>

#include <array>

namespace kontena::stackfile {

using yaml::Kind;
using yaml::YamlNode;

namespace {

/// `{name: N}` is another way to write N.
YamlNode const& unwrapped(YamlNode const& hint) {
    auto const* name = hint.entries.size() == 1 ? hint.find("name") : nullptr;
    return name == nullptr ? hint : *name;
}

void read_env_target(Checker& in, YamlNode const& hint, std::string const& own, Targets& out) {
    auto const& name = unwrapped(hint);
    if (name.is_null()) {
        out.env.push_back(own);
    } else if (name.is_sequence()) {
        check_string_list(in, name);
        for (auto const& item : name.items) out.env.push_back(item.text);
    } else if (name.is_scalar()) {
        out.env.push_back(name.text);
    } else {
        in.refuse(name, "must be the name of an environment variable");
    }
}

void read_vault_target(Checker& in, YamlNode const& hint, Targets& out) {
    auto const& name = unwrapped(hint);
    if (name.is_scalar() && !name.is_null() && !name.text.empty()) {
        out.vault = name.text;
    } else {
        in.refuse(name, "must be the name of a secret");
    }
}

void add_map(YamlNode const& map, std::vector<NamedHint>& out) {
    for (auto const& [key, hint] : map.entries) out.push_back({snake_case(key.text), key, hint});
}

} // namespace

std::vector<NamedHint> named_hints(Checker& in, YamlNode const& node, std::string const& variable) {
    std::vector<NamedHint> out;
    auto const one = [&](YamlNode const& item) {
        if (item.is_map()) {
            add_map(item, out);
        } else if (item.is_string()) {
            auto hint = item;
            hint.text = variable;
            out.push_back({snake_case(item.text), item, std::move(hint)});
        } else if (!item.is_null()) {
            check_string(in, item);
        }
    };
    if (node.is_sequence()) {
        check_items(in, node, one);
    } else {
        one(node);
    }
    return out;
}

Targets read_targets(Checker& in, YamlNode const& to, std::string const& variable) {
    static constexpr std::array<std::string_view, 2> kSetters{"env", "vault"};
    Targets out;
    for (auto const& [name, key, hint] : named_hints(in, to, variable)) {
        in.within(name, [&] {
            if (name == "env") {
                read_env_target(in, hint, variable, out);
            } else if (name == "vault") {
                read_vault_target(in, hint, out);
            } else {
                in.refuse(
                    key,
                    fmt::format("there is no setter '{}'", key.text) +
                        core::suggestion(key.text, kSetters)
                );
            }
        });
    }
    return out;
}

std::string snake_case(std::string_view text) {
    std::string out;
    auto const upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (upper(text[i]) && i > 0 && !upper(text[i - 1]) && out.back() != '_') out += '_';
        out += upper(text[i]) ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
        if (text[i] == '-') out.back() = '_';
    }
    return out;
}

void check_value(Checker& in, YamlNode const& value) {
    if (value.is_map()) {
        in.refuse(value, "must be a single value or a list, not a map");
    } else if (value.is_sequence()) {
        check_items(in, value, [&](YamlNode const& item) { check_value(in, item); });
    }
}

} // namespace kontena::stackfile
