#include "stackfile/variables/definition.hpp"

#include "core/base/strings.hpp"
#include "stackfile/validate/checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using yaml::Kind;
using yaml::YamlNode;

namespace {

constexpr std::array<std::string_view, 13> kResolvers{
    "env",
    "file",
    "prompt",
    "random_string",
    "random_number",
    "random_uuid",
    "interpolate",
    "evaluate",
    "variable",
    "condition",
    "vault",
    "vault_cert_prompt",
    "service_link",
};

constexpr std::array<std::string_view, 6> kTypes{
    "string", "integer", "boolean", "enum", "uri", "array"
};

void check_scalar_list(Checker& in, YamlNode const& value) {
    check_items(in, value, [&](YamlNode const& item) { check_scalar(in, item); });
}

void check_resolver(Checker& in, YamlNode const& at, std::string_view name) {
    if (name == "env") return;
    if (std::ranges::find(kResolvers, name) != kResolvers.end() || name == "certificates" ||
        name == "service_instances") {
        in.within(name, [&] { check_later(in, at); });
    } else {
        in.refuse(
            at, fmt::format("there is no resolver '{}'", name) + core::suggestion(name, kResolvers)
        );
    }
}

void check_env_names(Checker& in, YamlNode const& names) {
    if (names.is_sequence()) {
        check_string_list(in, names);
    } else if (!names.is_null()) {
        check_string(in, names);
    }
}

void check_resolver_map(Checker& in, YamlNode const& map) {
    for (auto const& [key, hint] : map.entries) {
        check_resolver(in, key, key.text);
        if (key.text == "env") in.within("env", [&] { check_env_names(in, hint); });
    }
}

/// `env`, `[env]`, `{env: NAME}`, `{env: [A, B]}` or `[{env: NAME}]`.
void check_from(Checker& in, YamlNode const& value) {
    auto const one = [&](YamlNode const& item) {
        if (item.is_map()) {
            check_resolver_map(in, item);
        } else if (item.is_string()) {
            check_resolver(in, item, item.text);
        } else {
            check_string(in, item);
        }
    };
    if (value.is_sequence()) {
        check_items(in, value, one);
    } else {
        one(value);
    }
}

void check_options(Checker& in, YamlNode const& value) {
    if (value.is_map()) {
        for (auto const& [key, label] : value.entries) check_scalar(in, key);
        return;
    }
    check_items(in, value, [&](YamlNode const& item) {
        if (item.is_scalar()) return;
        static constexpr std::array<KeyRule, 3> kOption{{
            {"value", check_scalar, true},
            {"label", check_scalar},
            {"description", check_scalar},
        }};
        check_map(in, item, kOption);
    });
}

constexpr std::array<KeyRule, 12> kCommonKeys{{
    {"type", check_string},
    {"label", check_scalar},
    {"description", check_scalar},
    {"required", check_boolean},
    {"default", check_scalar},
    {"value", check_scalar},
    {"from", check_from},
    {"to", check_later},
    {"only_if", check_later},
    {"skip_if", check_later},
    {"in", check_scalar_list},
    {"echo", check_boolean},
}};

/// The keys of one type behind those of all types.
template <class... Rules>
constexpr auto with_common(Rules... own) {
    std::array<KeyRule, kCommonKeys.size() + sizeof...(own)> out{};
    std::ranges::copy(kCommonKeys, out.begin());
    std::array<KeyRule, sizeof...(own)> const rest{own...};
    std::ranges::copy(rest, out.begin() + kCommonKeys.size());
    return out;
}

constexpr auto kStringKeys = with_common(
    KeyRule{"min_length", check_integer},
    KeyRule{"max_length", check_integer},
    KeyRule{"empty_is_nil", check_boolean},
    KeyRule{"hexdigest", check_later},
    KeyRule{"encode_64", check_later},
    KeyRule{"decode_64", check_later},
    KeyRule{"upcase", check_later},
    KeyRule{"downcase", check_later},
    KeyRule{"strip", check_later},
    KeyRule{"chomp", check_later},
    KeyRule{"capitalize", check_later}
);

constexpr auto kIntegerKeys = with_common(
    KeyRule{"min", check_integer},
    KeyRule{"max", check_integer},
    KeyRule{"nil_is_zero", check_later}
);

constexpr auto kBooleanKeys = with_common(
    KeyRule{"truthy", check_later},
    KeyRule{"nil_is", check_later},
    KeyRule{"blank_is", check_later},
    KeyRule{"as", check_later},
    KeyRule{"true", check_later},
    KeyRule{"false", check_later}
);

constexpr auto kEnumKeys =
    with_common(KeyRule{"options", check_options, true}, KeyRule{"can_be_other", check_boolean});

std::span<KeyRule const> keys_of(VariableType type) {
    switch (type) {
    case VariableType::string:
        return kStringKeys;
    case VariableType::integer:
        return kIntegerKeys;
    case VariableType::boolean:
        return kBooleanKeys;
    case VariableType::enumeration:
        return kEnumKeys;
    }
    return {};
}

std::optional<VariableType> read_type(Checker& in, YamlNode const& name, YamlNode const& map) {
    auto const* type = map.find("type");
    std::optional<VariableType> out;
    in.within("type", [&] {
        if (type == nullptr || type->is_null()) {
            in.refuse(name, "missing: give the variable a type, such as string or integer");
            return;
        }
        auto lower = type->text;
        std::ranges::transform(lower, lower.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        if (lower == "string") out = VariableType::string;
        if (lower == "integer") out = VariableType::integer;
        if (lower == "boolean") out = VariableType::boolean;
        if (lower == "enum") out = VariableType::enumeration;
        if (lower == "uri" || lower == "array")
            check_later(in, *type);
        else if (!out)
            in.refuse(
                *type,
                fmt::format("'{}' is not a type", type->text) + core::suggestion(lower, kTypes)
            );
    });
    return out;
}

std::vector<Value> scalars(YamlNode const* list) {
    std::vector<Value> out;
    if (list != nullptr)
        for (auto const& item : list->items) out.push_back(from_node(item));
    return out;
}

std::vector<Value> options_of(YamlNode const* options) {
    std::vector<Value> out;
    if (options == nullptr) return out;
    for (auto const& entry : options->entries) out.push_back(from_node(entry.key));
    for (auto const& item : options->items) {
        auto const* value = item.is_map() ? item.find("value") : &item;
        if (value != nullptr) out.push_back(from_node(*value));
    }
    return out;
}

void read_env(YamlNode const& from, Definition& out) {
    if (from.is_string() && from.text == "env") {
        out.from_env = true;
        out.env.push_back(out.name);
    }
    if (auto const* names = from.find("env")) {
        out.from_env = true;
        if (names->is_string()) out.env.push_back(names->text);
        if (names->is_null()) out.env.push_back(out.name);
        for (auto const& item : names->items) out.env.push_back(item.text);
    }
    for (auto const& item : from.items) read_env(item, out);
}

Definition read_valid(YamlNode const& name, YamlNode const& map, VariableType type) {
    Definition out{.name = name.text, .place = place_of(name), .type = type};
    out.value_place = out.place;
    auto const number = [&](char const* key) -> std::optional<std::int64_t> {
        auto const* node = map.find(key);
        if (node == nullptr || node->is_null()) return std::nullopt;
        return node->integer;
    };
    auto const flag = [&](char const* key, bool otherwise) {
        auto const* node = map.find(key);
        return node == nullptr || node->is_null() ? otherwise : node->boolean;
    };
    out.required = flag("required", true);
    out.empty_is_nil = flag("empty_is_nil", true);
    out.can_be_other = flag("can_be_other", false);
    out.min = number("min");
    out.max = number("max");
    out.min_length = number("min_length");
    out.max_length = number("max_length");
    out.in = scalars(map.find("in"));
    out.options = options_of(map.find("options"));
    if (auto const* from = map.find("from")) read_env(*from, out);
    if (auto const* node = map.find("default"); node != nullptr && !node->is_null()) {
        out.default_value = from_node(*node);
        out.value_place = place_of(*node);
    }
    // As in the original, `value: false` is no value.
    if (auto const* node = map.find("value"); node != nullptr && !node->is_null()) {
        if (node->kind != Kind::boolean || node->boolean) out.fixed = from_node(*node);
        out.value_place = place_of(*node);
    }
    return out;
}

} // namespace

Definitions read_definitions(YamlNode const* section, Report& report) {
    Definitions out;
    if (section == nullptr || section->is_null()) return out;
    Checker in(report, "variables");
    if (!section->is_map()) {
        in.refuse(*section, "must be a map of names to definitions");
        return out;
    }
    for (auto const& [name, map] : section->entries) {
        out.declared.push_back(name.text);
        in.within(name.text, [&] {
            if (!map.is_map()) {
                in.refuse(name, "must be a map with a type, such as {type: string, default: a}");
                return;
            }
            auto const type = read_type(in, name, map);
            if (!type) return;
            auto const before = report.error_count();
            check_map(in, map, keys_of(*type));
            if (report.error_count() == before) out.list.push_back(read_valid(name, map, *type));
        });
    }
    return out;
}

} // namespace kontena::stackfile
