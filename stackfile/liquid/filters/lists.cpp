#include "core/base/strings.hpp"
#include "stackfile/liquid/filters.hpp"
#include "stackfile/liquid/filters/argument.hpp"
#include "stackfile/liquid/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>
#include <tuple>

namespace kontena::stackfile::liquid::filters {

using core::Errc;
using core::fail;
using core::Result;

namespace {

Result<Data> size(Data const& input, Arguments) {
    if (auto const* list = list_of(input)) return static_cast<std::int64_t>(list->size());
    if (auto const* text = text_of(input))
        return static_cast<std::int64_t>(core::count_code_points(*text));
    if (auto const* range = std::get_if<Range>(&input))
        return static_cast<std::int64_t>(range->size());
    return std::int64_t{0};
}

Result<Data> first(Data const& input, Arguments) {
    if (auto const* range = std::get_if<Range>(&input)) return range->first;
    auto const* list = list_of(input);
    return list == nullptr || list->empty() ? Data{} : list->front();
}

Result<Data> last(Data const& input, Arguments) {
    if (auto const* range = std::get_if<Range>(&input)) return range->last;
    auto const* list = list_of(input);
    return list == nullptr || list->empty() ? Data{} : list->back();
}

Result<Data> join(Data const& input, Arguments arguments) {
    KTRY(auto const items, to_items(input));
    auto const glue = text_argument(arguments, 0, " ");
    std::string out;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += glue;
        out += to_text(items[i]);
        if (out.size() > kMaxValue)
            return fail(Errc::invalid, fmt::format("the result has more than {} bytes", kMaxValue));
    }
    return make_text(std::move(out));
}

Result<Data> reverse(Data const& input, Arguments) {
    KTRY(auto items, to_items(input));
    std::ranges::reverse(items);
    return make_list(std::move(items));
}

Result<Data> compact(Data const& input, Arguments) {
    KTRY(auto items, to_items(input));
    std::erase_if(items, is_null);
    return make_list(std::move(items));
}

Result<Data> concat(Data const& input, Arguments arguments) {
    if (list_of(arguments[0]) == nullptr && !std::holds_alternative<Range>(arguments[0]))
        return fail(Errc::invalid, fmt::format("a list is needed, not {}", describe(arguments[0])));
    KTRY(auto items, to_items(input));
    KTRY(auto const more, to_items(arguments[0]));
    items.insert(items.end(), more.begin(), more.end());
    return make_list(std::move(items));
}

/// Texts and numbers of one kind have an order; nulls go to the end.
bool sortable(std::vector<Data> const& items) {
    auto const* sample = items.empty() ? nullptr : &items.front();
    return std::ranges::all_of(items, [&](Data const& item) {
        if (is_null(item)) return true;
        if (is_null(*sample)) sample = &item;
        return compare(*sample, item) != std::partial_ordering::unordered;
    });
}

std::string folded(Data const& data) {
    auto text = to_text(data);
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

double magnitude(Data const& data) {
    auto const* integer = std::get_if<std::int64_t>(&data);
    return integer == nullptr ? std::get<double>(data) : static_cast<double>(*integer);
}

Result<Data> sort(Data const& input, Arguments) {
    KTRY(auto items, to_items(input));
    if (!sortable(items))
        return fail(Errc::invalid, "the items are of different kinds and have no order");
    // Beside decimals, large integers are no more exact than those, or the order has circles.
    auto const decimals = std::ranges::any_of(items, [](Data const& item) {
        return std::holds_alternative<double>(item);
    });
    std::ranges::sort(items, [&](Data const& left, Data const& right) {
        if (is_null(left) || is_null(right)) return !is_null(left) && is_null(right);
        return decimals ? magnitude(left) < magnitude(right) : compare(left, right) < 0;
    });
    return make_list(std::move(items));
}

/// By text, whatever the case of its letters.
Result<Data> sort_natural(Data const& input, Arguments) {
    KTRY(auto const items, to_items(input));
    using Key = std::tuple<bool, std::string, std::size_t>;
    std::vector<Key> keys;
    keys.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i)
        keys.emplace_back(is_null(items[i]), folded(items[i]), i);
    std::ranges::sort(keys);
    std::vector<Data> out;
    out.reserve(items.size());
    for (auto const& key : keys) out.push_back(items[std::get<std::size_t>(key)]);
    return make_list(std::move(out));
}

/// The first of equal items stays.
Result<Data> uniq(Data const& input, Arguments) {
    KTRY(auto items, to_items(input));
    // Equal values have equal kinds and texts, so that a sort brings them together.
    std::vector<std::pair<std::string, std::size_t>> keyed;
    keyed.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i)
        keyed.emplace_back(fmt::format("{} {}", items[i].index(), to_text(items[i])), i);
    std::ranges::sort(keyed);
    auto const repeated = std::ranges::unique(keyed, {}, &decltype(keyed)::value_type::first);
    keyed.erase(repeated.begin(), repeated.end());
    std::ranges::sort(keyed, {}, &decltype(keyed)::value_type::second);
    std::vector<Data> out;
    out.reserve(keyed.size());
    for (auto const& [key, index] : keyed) out.push_back(std::move(items[index]));
    return make_list(std::move(out));
}

/// Takes a property of maps, and variables hold no maps.
Result<Data> map(Data const& input, Arguments) {
    KTRY(auto const items, to_items(input));
    for (auto const& item : items)
        if (!is_null(item))
            return fail(Errc::invalid, fmt::format("{} has no properties to take", describe(item)));
    return make_list(items);
}

Result<Data> fallback(Data const& input, Arguments arguments) {
    return !truthy(input) || is_empty(input) ? arguments[0] : input;
}

constexpr std::array<Filter, 12> kFilters{{
    {"compact", 0, 0, compact},
    {"concat", 1, 1, concat},
    {"default", 1, 1, fallback},
    {"first", 0, 0, first},
    {"join", 0, 1, join},
    {"last", 0, 0, last},
    {"map", 1, 1, map},
    {"reverse", 0, 0, reverse},
    {"size", 0, 0, size},
    {"sort", 0, 0, sort},
    {"sort_natural", 0, 0, sort_natural},
    {"uniq", 0, 0, uniq},
}};

} // namespace

std::span<Filter const> lists() { return kFilters; }

} // namespace kontena::stackfile::liquid::filters
