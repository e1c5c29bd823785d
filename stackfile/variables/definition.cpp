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

void check_values(Checker& in, YamlNode const& value) {
    check_items(in, value, [&](YamlNode const& item) { check_value(in, item); });
}

/// The rows with check_anything are read by functions of their own.
constexpr auto kCommonKeys = std::to_array<KeyRule>({
    {"type", check_anything},
    {"label", check_scalar},
    {"description", check_scalar},
    {"required", check_boolean},
    {"default", check_value},
    {"value", check_value},
    {"from", check_anything},
    {"to", check_anything},
    {"only_if", check_anything},
    {"skip_if", check_anything},
    {"in", check_values},
});

/// The attributes of all variables, and the options of one type.
std::vector<KeyRule> keys_of(TypeRules const& type) {
    std::vector<KeyRule> out(kCommonKeys.begin(), kCommonKeys.end());
    std::ranges::copy(type.options, std::back_inserter(out));
    return out;
}

/// Nullptr, after saying why.
TypeRules const* read_type(Checker& in, YamlNode const& name, YamlNode const& map) {
    auto const* type = map.find("type");
    TypeRules const* out = nullptr;
    in.within("type", [&] {
        if (type == nullptr || type->is_null()) {
            in.refuse(name, "missing: give the variable a type, such as string or integer");
            return;
        }
        if (!type->is_scalar()) {
            check_string(in, *type);
            return;
        }
        auto const wanted = snake_case(type->text);
        std::vector<std::string_view> known;
        for (auto const& rules : type_rules()) {
            known.push_back(rules.name);
            if (rules.name == wanted) out = &rules;
        }
        if (out != nullptr) return;
        in.refuse(
            *type, fmt::format("'{}' is not a type", type->text) + core::suggestion(wanted, known)
        );
    });
    return out;
}

bool has_key(std::span<KeyRule const> keys, std::string_view name) {
    return std::ranges::find(keys, name, &KeyRule::name) != keys.end();
}

/// What the type does not know is an option of another type, or none: the original let it be.
void warn_of_foreign_options(Checker& in, YamlNode const& map, TypeRules const& type) {
    for (auto const& [key, value] : map.entries) {
        if (has_key(kCommonKeys, key.text) || has_key(type.options, key.text)) continue;
        std::vector<std::string_view> owners;
        std::vector<std::string_view> known;
        for (auto const& other : type_rules())
            if (has_key(other.options, key.text)) owners.push_back(other.name);
        for (auto const& rule : kCommonKeys) known.push_back(rule.name);
        for (auto const& rule : type.options) known.push_back(rule.name);
        in.within(key.text, [&] {
            auto reason = owners.empty()
                              ? "unknown option, ignored" + core::suggestion(key.text, known)
                              : fmt::format(
                                    "an option of the type {}, not of {}; ignored",
                                    core::choices(owners),
                                    type.name
                                );
            in.report().warn(in.path(), place_of(key), std::move(reason));
        });
    }
}

YamlNode without_foreign_options(YamlNode map, TypeRules const& type) {
    std::erase_if(map.entries, [&](auto const& entry) {
        auto const& name = entry.key.text;
        return !has_key(kCommonKeys, name) && !has_key(type.options, name);
    });
    return map;
}

std::string label_of(YamlNode const& name, YamlNode const& map) {
    auto const* label = map.find("label");
    return label == nullptr || label->is_null() ? name.text : label->text;
}

/// The parts that all types have.
void read_common(Checker& in, YamlNode const& map, Definition& out) {
    out.required = flag(map, "required", true);
    if (auto const* allowed = map.find("in"))
        for (auto const& item : allowed->items) out.in.push_back(from_node(item));
    if (auto const* node = map.find("default"); node != nullptr && !node->is_null()) {
        out.default_value = from_node(*node);
        out.default_place = place_of(*node);
    }
    // As in the original, `value: false` is no value.
    if (auto const* node = map.find("value"); node != nullptr && !node->is_null()) {
        if (node->kind != Kind::boolean || node->boolean) out.fixed = from_node(*node);
        out.fixed_place = place_of(*node);
    }
    if (auto const* from = map.find("from"))
        in.within("from", [&] { out.from = read_sources(in, *from, out.name); });
    if (auto const* to = map.find("to"))
        in.within("to", [&] { out.to = read_targets(in, *to, out.name); });
    out.conditions = read_conditions(in, map);
}

std::optional<Definition> read_definition(Checker& in, YamlNode const& name, YamlNode const& map) {
    if (!map.is_map()) {
        in.refuse(name, "must be a map with a type, such as {type: string, default: a}");
        return std::nullopt;
    }
    auto const* type = read_type(in, name, map);
    if (type == nullptr) return std::nullopt;
    auto const before = in.report().error_count();
    warn_of_foreign_options(in, map, *type);
    check_map(in, without_foreign_options(map, *type), keys_of(*type));
    Definition out{.name = name.text, .place = place_of(name), .label = label_of(name, map)};
    out.default_place = out.fixed_place = out.place;
    read_common(in, map, out);
    if (in.report().error_count() > before) return std::nullopt;
    out.type = type->read(map);
    return out;
}

} // namespace

bool Definition::secret() const {
    return to.vault || std::ranges::any_of(from, [](Source const& source) {
               return std::holds_alternative<FromVault>(source.origin);
           });
}

Show Definition::show() const {
    auto const* text = std::get_if<StringType>(&type);
    return secret() || (text != nullptr && !text->echo) ? Show::hidden : Show::plain;
}

Definitions read_definitions(YamlNode const* section, Report& report) {
    Definitions out;
    if (section == nullptr || section->is_null()) return out;
    Checker in(report, "variables");
    if (!section->is_map()) {
        in.refuse(*section, "must be a map of names to definitions");
        return out;
    }
    for (auto const& [name, map] : section->entries) {
        if (!name.is_scalar()) {
            in.refuse(name, "a name must be a string");
            continue;
        }
        out.declared.push_back(name.text);
        in.within(name.text, [&] {
            if (auto definition = read_definition(in, name, map))
                out.list.push_back(std::move(*definition));
        });
    }
    return out;
}

} // namespace kontena::stackfile
