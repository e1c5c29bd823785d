#include "core/base/strings.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace kontena::core {
namespace {

constexpr std::size_t kLongestName = 64; // beyond it, nobody mistyped a key
constexpr std::size_t kMostNames = 1000; // beyond it, comparing with all takes too long

/// Of letters put in, left out, replaced, or swapped with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    auto above = row;
    auto two_above = row;
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::swap(two_above, above);
        std::swap(above, row);
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            auto const substitute = above[j] + (a[i] == b[j] ? 0 : 1);
            row[j + 1] = std::min({above[j + 1] + 1, row[j] + 1, substitute});
            if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
                row[j + 1] = std::min(row[j + 1], two_above[j - 1] + 1);
        }
    }
    return row.back();
}

/// Length of the sequence that starts with `lead`, 0 when nothing may start with it.
std::size_t utf8_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    if (lead >= 0xF0 && lead <= 0xF4) return 4;
    return 0;
}

} // namespace

std::string_view nearest(std::string_view given, std::span<std::string_view const> known) {
    std::string_view best;
    if (given.size() > kLongestName || known.size() > kMostNames) return best;
    auto least = std::max<std::size_t>(2, given.size() / 3) + 1;
    for (auto const name : known) {
        if (name.size() >= given.size() + least || given.size() >= name.size() + least) continue;
        auto const distance = edit_distance(given, name);
        // Of a short name half is no typing error: cmd is not pid.
        auto const longer = std::max(given.size(), name.size());
        if (distance < least && distance < longer && (distance < 2 || 2 * distance < longer)) {
            least = distance;
            best = name;
        }
    }
    return best;
}

std::string suggestion(std::string_view given, std::span<std::string_view const> known) {
    auto const name = nearest(given, known);
    return name.empty() ? std::string() : "; did you mean '" + std::string(name) + "'?";
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    auto const first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        auto const at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string choices(std::span<std::string_view const> names) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
        out += names[i];
    }
    return out;
}

std::size_t find_invalid_utf8(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        auto const lead = static_cast<unsigned char>(text[at]);
        auto const length = utf8_length(lead);
        if (length == 0 || at + length > text.size()) return at;
        for (std::size_t i = 1; i < length; ++i) {
            auto const next = static_cast<unsigned char>(text[at + i]);
            auto low = 0x80;
            auto high = 0xBF;
            if (i == 1 && lead == 0xE0) low = 0xA0;  // overlong
            if (i == 1 && lead == 0xED) high = 0x9F; // surrogates
            if (i == 1 && lead == 0xF0) low = 0x90;  // overlong
            if (i == 1 && lead == 0xF4) high = 0x8F; // above U+10FFFF
            if (next < low || next > high) return at;
        }
        at += length;
    }
    return std::string_view::npos;
}

std::size_t count_code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

} // namespace kontena::core
