#include "stackfile/variables/types/types.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace kontena::stackfile {

using core::Result;
using yaml::YamlNode;

namespace {

void check_separator(Checker& in, YamlNode const& value) {
    if (!value.is_string() || value.text.empty())
        in.refuse(value, "must be the text between the items, such as \",\"");
}

/// A text, or false for a list that stays one.
void check_join(Checker& in, YamlNode const& value) {
    if (value.kind == yaml::Kind::boolean && !value.boolean) return;
    check_string(in, value);
}

/// Empty items at the end are no items.
List split_text(std::string_view text, std::string_view separator) {
    List out;
    while (true) {
        auto const at = text.find(separator);
        out.emplace_back(std::string(text.substr(0, at)));
        if (at == std::string_view::npos) break;
        text.remove_prefix(at + separator.size());
    }
    while (!out.empty() && out.back() == Value(std::string())) out.pop_back();
    return out;
}

std::optional<double> as_number(Value const& value) {
    if (auto const* integer = std::get_if<std::int64_t>(&value))
        return static_cast<double>(*integer);
    if (auto const* real = std::get_if<double>(&value); real != nullptr && !std::isnan(*real))
        return *real;
    return std::nullopt;
}

/// Numbers in front, by size; everything else by its text.
bool in_order(Value const& a, Value const& b) {
    auto const x = as_number(a);
    auto const y = as_number(b);
    if (x && y) return *x < *y;
    return x || y ? x.has_value() : to_text(a) < to_text(b);
}

void make_unique(List& list) {
    List out;
    for (auto& item : list)
        if (std::ranges::find(out, item) == out.end()) out.push_back(std::move(item));
    list = std::move(out);
}

std::string joined(List const& list, std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (i > 0) out += separator;
        out += to_text(list[i]);
    }
    return out;
}

} // namespace

std::span<KeyRule const> array_options() {
    static constexpr auto kOptions = std::to_array<KeyRule>({
        {"split", check_separator},
        {"join", check_join},
        {"sort", check_boolean},
        {"uniq", check_boolean},
        {"compact", check_boolean},
        {"count", check_boolean},
        {"empty_is_nil", check_boolean},
    });
    return kOptions;
}

ArrayType ArrayType::read(YamlNode const& map) {
    ArrayType out;
    out.sort = flag(map, "sort");
    out.uniq = flag(map, "uniq");
    out.compact = flag(map, "compact");
    out.count = flag(map, "count");
    out.empty_is_nil = flag(map, "empty_is_nil");
    if (auto const* split = map.find("split"); split != nullptr && split->is_string())
        out.split = split->text;
    if (auto const* join = map.find("join"); join != nullptr && join->is_string())
        out.join = join->text;
    return out;
}

Result<Sanitised> ArrayType::sanitise(Value const& raw, Show) const {
    constexpr std::size_t kMostItems = 10'000;
    List list;
    if (auto const* items = std::get_if<List>(&raw)) {
        list = *items;
    } else if (auto const* text = std::get_if<std::string>(&raw)) {
        list = split_text(*text, split);
    } else if (!is_null(raw)) {
        list.push_back(raw);
    }
    if (list.size() > kMostItems)
        return core::fail(core::Errc::invalid, "the list has more than 10000 items");
    if (sort) std::ranges::sort(list, in_order);
    if (uniq) make_unique(list);
    if (compact) std::erase_if(list, is_null);
    if (list.empty() && empty_is_nil) return Sanitised{};
    if (join) return Sanitised{joined(list, *join)};
    if (count) return Sanitised{static_cast<std::int64_t>(list.size())};
    return Sanitised{std::move(list)};
}

std::optional<Refusal> ArrayType::refuse(Value const&, Show) const { return std::nullopt; }

bool ArrayType::truthy(Value const& value) const {
    if (auto const* list = std::get_if<List>(&value)) return !list->empty();
    if (auto const* size = std::get_if<std::int64_t>(&value)) return *size > 0;
    return !is_blank(to_text(value));
}

} // namespace kontena::stackfile
