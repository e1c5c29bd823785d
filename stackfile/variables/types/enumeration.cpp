#include "stackfile/variables/types/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using core::Result;
using yaml::Kind;
using yaml::YamlNode;

namespace {

void check_option(Checker& in, YamlNode const& value) {
    if (value.kind != Kind::string && value.kind != Kind::integer)
        in.refuse(
            value,
            fmt::format("an option must be a string or an integer, not {}", describe(value.kind))
        );
}

void check_option_map(Checker& in, YamlNode const& item) {
    static constexpr auto kOption = std::to_array<KeyRule>({
        {"value", check_option, true},
        {"label", check_scalar},
        {"description", check_scalar},
    });
    check_map(in, item, kOption);
}

/// `[a, b]`, `{a: label}` or `[{value: a, label: A}]`.
void check_options(Checker& in, YamlNode const& value) {
    if (value.is_map()) {
        for (auto const& [key, label] : value.entries) {
            check_option(in, key);
            check_scalar(in, label);
        }
    } else {
        check_items(in, value, [&](YamlNode const& item) {
            item.is_map() ? check_option_map(in, item) : check_option(in, item);
        });
    }
    if (value.is_scalar()) return;
    std::vector<Value> seen;
    auto const unique = [&](YamlNode const& option) {
        auto found = from_node(option);
        if (std::ranges::find(seen, found) != seen.end())
            in.refuse(option, fmt::format("the option '{}' is there twice", option.text));
        seen.push_back(std::move(found));
    };
    for (auto const& entry : value.entries) unique(entry.key);
    for (auto const& item : value.items)
        if (auto const* own = item.is_map() ? item.find("value") : &item; own != nullptr)
            unique(*own);
    if (value.entries.empty() && value.items.empty())
        in.refuse(value, "an enum needs options, such as [small, large]");
}

std::string text_of(YamlNode const* node) {
    return node == nullptr ? std::string() : to_text(from_node(*node));
}

EnumType::Option read_option(YamlNode const& item) {
    auto const* own = item.find("value");
    auto const& value = own == nullptr ? item : *own;
    for (auto const* key : {"label", "description"})
        if (auto label = text_of(item.find(key)); !label.empty())
            return {from_node(value), std::move(label)};
    return {from_node(value), value.text};
}

} // namespace

std::span<KeyRule const> enum_options() {
    static constexpr auto kOptions = std::to_array<KeyRule>({
        {"options", check_options, true},
        {"can_be_other", check_boolean},
    });
    return kOptions;
}

EnumType EnumType::read(YamlNode const& map) {
    EnumType out;
    out.can_be_other = flag(map, "can_be_other");
    auto const* in = map.find("in");
    out.has_in = in != nullptr && !in->items.empty();
    if (auto const* options = map.find("options")) {
        for (auto const& [key, label] : options->entries) {
            auto text = text_of(&label);
            out.options.push_back({from_node(key), text.empty() ? key.text : std::move(text)});
        }
        for (auto const& item : options->items) out.options.push_back(read_option(item));
    }
    return out;
}

Result<Sanitised> EnumType::sanitise(Value const& raw, Show) const { return Sanitised{raw}; }

std::optional<Refusal> EnumType::refuse(Value const& value, Show show) const {
    if (can_be_other || has_in) return std::nullopt;
    if (std::ranges::find(options, value, &Option::value) != options.end()) return std::nullopt;
    std::vector<Value> values;
    for (auto const& option : options) values.push_back(option.value);
    return Refusal{"validate_in", not_listed(value, values, show)};
}

bool EnumType::truthy(Value const&) const { return true; }

} // namespace kontena::stackfile
