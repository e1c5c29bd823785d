#include "core/base/strings.hpp"
#include "stackfile/liquid/filters.hpp"
#include "stackfile/liquid/filters/argument.hpp"
#include "stackfile/liquid/limits.hpp"
#include "stackfile/liquid/number.hpp"
#include "stackfile/liquid/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace kontena::stackfile::liquid::filters {

using core::Errc;
using core::fail;
using core::Result;

namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <char (*Change)(char)>
Result<Data> each_character(Data const& input, Arguments) {
    auto text = to_text(input);
    std::ranges::transform(text, text.begin(), Change);
    return make_text(std::move(text));
}

Result<Data> capitalize(Data const& input, Arguments) {
    auto text = to_text(input);
    std::ranges::transform(text, text.begin(), lower);
    if (!text.empty()) text.front() = upper(text.front());
    return make_text(std::move(text));
}

constexpr std::string_view kWhiteSpace(" \t\n\v\f\r\0", 7);

Result<Data> lstrip(Data const& input, Arguments) {
    auto text = to_text(input);
    text.erase(0, std::min(text.find_first_not_of(kWhiteSpace), text.size()));
    return make_text(std::move(text));
}

Result<Data> rstrip(Data const& input, Arguments) {
    auto text = to_text(input);
    text.erase(text.find_last_not_of(kWhiteSpace) + 1); // npos + 1 is 0
    return make_text(std::move(text));
}

Result<Data> strip(Data const& input, Arguments) {
    KTRY(auto const left, lstrip(input, {}));
    return rstrip(left, {});
}

Result<Data> append(Data const& input, Arguments arguments) {
    return make_text(to_text(input) + to_text(arguments[0]));
}

Result<Data> prepend(Data const& input, Arguments arguments) {
    return make_text(to_text(arguments[0]) + to_text(input));
}

/// Where `part` stands in `text`, at most `limit` times, without overlaps. An empty part stands
/// nowhere.
std::vector<std::size_t> places(std::string_view text, std::string_view part, std::size_t limit) {
    std::vector<std::size_t> out;
    if (part.empty()) return out;
    for (auto at = find(text, part); at != std::string_view::npos && out.size() < limit;
         at = find(text, part, at + part.size()))
        out.push_back(at);
    return out;
}

Result<Data>
replaced(Data const& input, std::string const& part, std::string const& by, std::size_t limit) {
    auto const text = to_text(input);
    auto const found = places(text, part, limit);
    if (text.size() + found.size() * by.size() > kMaxValue + found.size() * part.size())
        return fail(Errc::invalid, fmt::format("the result has more than {} bytes", kMaxValue));
    std::string out;
    std::size_t copied = 0;
    for (auto const at : found) {
        out.append(text, copied, at - copied);
        out += by;
        copied = at + part.size();
    }
    out.append(text, copied);
    return make_text(std::move(out));
}

Result<Data> replace(Data const& input, Arguments arguments) {
    return replaced(
        input, to_text(arguments[0]), text_argument(arguments, 1, ""), std::string::npos
    );
}

Result<Data> replace_first(Data const& input, Arguments arguments) {
    return replaced(input, to_text(arguments[0]), text_argument(arguments, 1, ""), 1);
}

Result<Data> remove(Data const& input, Arguments arguments) {
    return replaced(input, to_text(arguments[0]), "", std::string::npos);
}

Result<Data> remove_first(Data const& input, Arguments arguments) {
    return replaced(input, to_text(arguments[0]), "", 1);
}

/// The words of a text, at most `limit`; the rest of the text does not matter.
std::vector<std::string_view> words(std::string_view text, std::size_t limit) {
    std::vector<std::string_view> out;
    while (out.size() < limit) {
        text.remove_prefix(std::min(text.find_first_not_of(kWhiteSpace), text.size()));
        if (text.empty()) break;
        auto const end = std::min(text.find_first_of(kWhiteSpace), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return out;
}

std::vector<std::string_view> characters(std::string_view text, std::size_t limit) {
    std::vector<std::string_view> out;
    while (!text.empty() && out.size() < limit) {
        out.push_back(text.substr(0, skip_characters(text, 1)));
        text.remove_prefix(out.back().size());
    }
    return out;
}

std::vector<std::string_view>
parts(std::string_view text, std::string_view separator, std::size_t limit) {
    std::vector<std::string_view> out;
    std::size_t from = 0;
    for (auto const at : places(text, separator, limit)) {
        out.push_back(text.substr(from, at - from));
        from = at + separator.size();
    }
    out.push_back(text.substr(from));
    while (!out.empty() && out.back().empty()) out.pop_back();
    return out;
}

/// A single blank splits at white space of any length, an empty text between characters; empty
/// parts at the end are dropped.
Result<Data> split(Data const& input, Arguments arguments) {
    constexpr auto kMostParts = kMaxValue / kMinItemWeight;
    auto const text = to_text(input);
    auto const separator = to_text(arguments[0]);
    auto const pieces = separator == " "    ? words(text, kMostParts + 1)
                        : separator.empty() ? characters(text, kMostParts + 1)
                                            : parts(text, separator, kMostParts + 1);
    if (pieces.size() > kMostParts)
        return fail(Errc::invalid, fmt::format("there are more than {} parts", kMostParts));
    std::vector<Data> out;
    out.reserve(pieces.size());
    for (auto const piece : pieces) out.push_back(make_text(std::string(piece)));
    return make_list(std::move(out));
}

/// Negative counts are 0.
Result<std::size_t> count_argument(Arguments arguments, std::size_t index, std::int64_t fallback) {
    if (index >= arguments.size() || is_null(arguments[index]))
        return static_cast<std::size_t>(fallback);
    KTRY(auto const count, need_integer(arguments[index]));
    return static_cast<std::size_t>(std::max<std::int64_t>(count, 0));
}

/// The result is at most that long, what is put at the end included.
Result<Data> truncate(Data const& input, Arguments arguments) {
    KTRY(auto const length, count_argument(arguments, 0, 50));
    auto const ending = text_argument(arguments, 1, "...");
    auto const text = to_text(input);
    if (skip_characters(text, length) == text.size()) return make_text(text);
    auto const reserved = core::count_code_points(ending);
    auto const kept = length > reserved ? length - reserved : 0;
    return make_text(text.substr(0, skip_characters(text, kept)) + ending);
}

Result<Data> truncatewords(Data const& input, Arguments arguments) {
    KTRY(auto const given, count_argument(arguments, 0, 15));
    auto const length = std::max<std::size_t>(given, 1);
    auto const text = to_text(input);
    auto found = words(text, text.size());
    if (found.size() <= length) return make_text(text);
    std::string out;
    for (std::size_t i = 0; i < length; ++i) {
        if (i > 0) out += ' ';
        out += found[i];
    }
    return make_text(out + text_argument(arguments, 1, "..."));
}

/// Where a slice begins and how long it is, in a whole of that many; nullopt when it is outside.
struct Cut {
    std::size_t first = 0;
    std::size_t count = 0;
};

Result<std::optional<Cut>> cut(Arguments arguments, std::size_t size) {
    KTRY(auto first, need_integer(arguments[0]));
    KTRY(auto const count, count_argument(arguments, 1, 1));
    auto const whole = static_cast<std::int64_t>(size);
    if (first < 0) first += whole;
    if (first < 0 || first > whole) return std::optional<Cut>();
    auto const start = static_cast<std::size_t>(first);
    return std::optional(Cut{start, std::min(count, size - start)});
}

Result<Data> slice(Data const& input, Arguments arguments) {
    if (auto const* list = list_of(input)) {
        KTRY(auto const part, cut(arguments, list->size()));
        if (!part) return make_list({});
        auto const from = list->begin() + static_cast<std::ptrdiff_t>(part->first);
        return make_list({from, from + static_cast<std::ptrdiff_t>(part->count)});
    }
    auto const text = to_text(input);
    KTRY(auto const part, cut(arguments, core::count_code_points(text)));
    if (!part) return make_text({});
    auto const rest = std::string_view(text).substr(skip_characters(text, part->first));
    return make_text(std::string(rest.substr(0, skip_characters(rest, part->count))));
}

constexpr std::array<Filter, 16> kFilters{{
    {"append", 1, 1, append},
    {"capitalize", 0, 0, capitalize},
    {"downcase", 0, 0, each_character<lower>},
    {"lstrip", 0, 0, lstrip},
    {"prepend", 1, 1, prepend},
    {"remove", 1, 1, remove},
    {"remove_first", 1, 1, remove_first},
    {"replace", 1, 2, replace},
    {"replace_first", 1, 2, replace_first},
    {"rstrip", 0, 0, rstrip},
    {"slice", 1, 2, slice},
    {"split", 1, 1, split},
    {"strip", 0, 0, strip},
    {"truncate", 0, 2, truncate},
    {"truncatewords", 0, 2, truncatewords},
    {"upcase", 0, 0, each_character<upper>},
}};

} // namespace

std::span<Filter const> text() { return kFilters; }

} // namespace kontena::stackfile::liquid::filters
