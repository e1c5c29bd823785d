#include "stackfile/validate/checker.hpp"

#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using yaml::Kind;
using yaml::YamlNode;

namespace {

/// What people who know Compose files write, and what to write instead.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kForeign{{
    {"container_name", "containers are named after stack, service and instance"},
    {"env", "write environment:"},
    {"healthcheck", "write health_check: with protocol and port"},
    {"labels", "a stack has labels, a service has none"},
    {"log_driver", "write logging: with driver"},
    {"log_opt", "write logging: with options"},
    {"memory", "write mem_limit:"},
    {"mem_swap_limit", "write memswap_limit:"},
    {"net", "write network_mode:"},
    {"networks", "all services share the grid's network"},
    {"replicas", "write instances: next to image:"},
    {"restart", "Kontena always restarts the containers of a service"},
    {"scale", "write instances:"},
    {"tmpfs", "it is not part of the stack file format"},
}};

std::string unknown_key(std::string_view key, std::span<KeyRule const> rules) {
    auto const foreign = std::ranges::find(kForeign, key, [](auto const& f) { return f.first; });
    if (foreign != kForeign.end()) return fmt::format("unknown key; {}", foreign->second);
    std::vector<std::string_view> known;
    for (auto const& rule : rules) known.push_back(rule.name);
    return "unknown key" + core::suggestion(key, known);
}

std::string wrong_kind(std::string_view wanted, YamlNode const& value) {
    return fmt::format("must be {}, not {}", wanted, yaml::describe(value.kind));
}

bool says_nothing(YamlNode const& value) {
    return value.is_null() || (!value.is_scalar() && value.items.empty() && value.entries.empty());
}

} // namespace

void check_map(Checker& in, YamlNode const& map, std::span<KeyRule const> rules) {
    if (!map.is_map()) {
        in.refuse(map, wrong_kind("a map", map));
        return;
    }
    for (auto const& [key, value] : map.entries) {
        if (!key.is_scalar()) {
            in.refuse(key, "a key must be a string");
            continue;
        }
        auto const rule = std::ranges::find(rules, key.text, &KeyRule::name);
        in.within(key.text, [&] {
            if (rule == rules.end()) {
                in.refuse(key, unknown_key(key.text, rules));
            } else if (rule->check == check_later) {
                if (!says_nothing(value)) check_later(in, key);
            } else if (!value.is_null()) {
                rule->check(in, value);
            }
        });
    }
    for (auto const& rule : rules) {
        auto const* value = rule.required ? map.find(rule.name) : nullptr;
        if (rule.required && (value == nullptr || value->is_null()))
            in.within(rule.name, [&] { in.refuse(map, "missing"); });
    }
}

void check_string(Checker& in, YamlNode const& value) {
    if (value.is_string()) return;
    auto reason = wrong_kind("a string", value);
    if (value.is_scalar() && !value.is_null())
        reason += fmt::format(": write it in quotes, \"{}\"", value.text);
    in.refuse(value, std::move(reason));
}

void check_integer(Checker& in, YamlNode const& value) {
    if (value.kind != Kind::integer) in.refuse(value, wrong_kind("an integer", value));
}

void check_number(Checker& in, YamlNode const& value) {
    if (value.kind != Kind::integer && value.kind != Kind::real)
        in.refuse(value, wrong_kind("a number", value));
}

void check_boolean(Checker& in, YamlNode const& value) {
    if (value.kind != Kind::boolean) in.refuse(value, wrong_kind("true or false", value));
}

void check_scalar(Checker& in, YamlNode const& value) {
    if (!value.is_scalar()) in.refuse(value, wrong_kind("a single value", value));
}

void check_string_list(Checker& in, YamlNode const& value) {
    check_items(in, value, [&](YamlNode const& item) { check_string(in, item); });
}

void check_anything(Checker&, YamlNode const&) {}

void check_later(Checker& in, YamlNode const& value) {
    in.refuse(value, "part of the stack file format, but not supported by this version of Kontena");
}

} // namespace kontena::stackfile
