#include "stackfile/variables/types/types.hpp"

#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using yaml::YamlNode;

namespace {

template <class Type>
VariableType read_as(YamlNode const& map) {
    return Type::read(map);
}

} // namespace

std::span<TypeRules const> type_rules() {
    static std::array<TypeRules, 6> const rules{{
        {"string", string_options(), read_as<StringType>},
        {"integer", integer_options(), read_as<IntegerType>},
        {"boolean", boolean_options(), read_as<BooleanType>},
        {"enum", enum_options(), read_as<EnumType>},
        {"uri", uri_options(), read_as<UriType>},
        {"array", array_options(), read_as<ArrayType>},
    }};
    return rules;
}

core::Result<Sanitised> sanitise(VariableType const& type, Value const& raw, Show show) {
    return std::visit([&](auto const& one) { return one.sanitise(raw, show); }, type);
}

std::optional<Refusal> refuse(VariableType const& type, Value const& value, Show show) {
    return std::visit([&](auto const& one) { return one.refuse(value, show); }, type);
}

bool truthy(VariableType const& type, Value const& value) {
    return !is_null(value) && std::visit([&](auto const& one) { return one.truthy(value); }, type);
}

std::string shown(Value const& value, Show show) {
    return show == Show::hidden ? "the value" : fmt::format("'{}'", to_text(value));
}

bool flag(YamlNode const& map, std::string_view key, bool otherwise) {
    auto const* node = map.find(key);
    return node == nullptr || node->is_null() ? otherwise : node->boolean;
}

std::optional<std::int64_t> number(YamlNode const& map, std::string_view key) {
    auto const* node = map.find(key);
    if (node == nullptr || node->is_null()) return std::nullopt;
    return node->integer;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

std::string not_listed(Value const& value, std::vector<Value> const& values, Show show) {
    std::vector<std::string> texts;
    for (auto const& one : values) texts.push_back(to_text(one));
    std::vector<std::string_view> const views(texts.begin(), texts.end());
    auto out = fmt::format("{} is not {}", shown(value, show), core::choices(views));
    auto const looks_the_same = [&](auto const& text) { return text == to_text(value); };
    if (show == Show::plain && std::ranges::any_of(texts, looks_the_same))
        out += ": one of them is in quotes, the other is not";
    return out;
}

} // namespace kontena::stackfile
