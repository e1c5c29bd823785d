#include "core/yaml/scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace kontena::yaml {
namespace {

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
    return text.size() == lower.size() &&
           std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
               return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
           });
}

bool any_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](auto word) { return equal_ignoring_case(text, word); });
}

bool digit(char c) { return c >= '0' && c <= '9'; }

/// Digits of a base without their separators; empty when there is a character that is neither.
std::string digits_of(std::string_view text, std::string_view allowed) {
    std::string out;
    for (char const c : text) {
        if (c == '_' || c == ',') continue;
        if (allowed.find(c) == std::string_view::npos) return {};
        out += c;
    }
    return out;
}

/// Decimal: a separator stands between digits only.
bool well_separated(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (digit(text[i])) continue;
        if ((text[i] != '_' && text[i] != ',') || i == 0 || i + 1 == text.size()) return false;
        if (!digit(text[i + 1])) return false;
    }
    return !text.empty();
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdefABCDEF";
    auto const negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    std::string digits;
    int base = 10;
    if (text.starts_with("0x")) {
        base = 16;
        digits = digits_of(text.substr(2), kHex);
    } else if (text.starts_with("0b")) {
        base = 2;
        digits = digits_of(text.substr(2), "01");
    } else if (text.size() > 1 && text.front() == '0') {
        base = 8;
        digits = digits_of(text.substr(1), "01234567");
    } else if (well_separated(text)) {
        digits = digits_of(text, "0123456789");
    }
    if (digits.empty()) return std::nullopt;
    std::int64_t value = 0;
    auto const signed_digits = (negative ? "-" : "") + digits;
    auto const* end = signed_digits.data() + signed_digits.size();
    auto const [stop, ec] = std::from_chars(signed_digits.data(), end, value, base);
    if (ec != std::errc{} || stop != end) return std::nullopt;
    return value;
}

/// A decimal number has a point; an exponent has a sign.
std::optional<double> parse_real(std::string_view text) {
    if (any_of(text, {".inf", "+.inf"})) return std::numeric_limits<double>::infinity();
    if (any_of(text, {"-.inf"})) return -std::numeric_limits<double>::infinity();
    if (any_of(text, {".nan"})) return std::numeric_limits<double>::quiet_NaN();
    std::string plain;
    bool point = false;
    bool digits = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (digit(c)) {
            digits = true;
        } else if (c == '.' && !point) {
            point = true;
        } else if ((c == '+' || c == '-') && i == 0) {
            if (c == '+') continue;
        } else if ((c == 'e' || c == 'E') && point && digits) {
            auto rest = text.substr(i + 1);
            if (rest.size() < 2 || (rest.front() != '+' && rest.front() != '-')) return {};
            auto const exponent = rest.substr(1);
            if (!std::ranges::all_of(exponent, digit)) return {};
            plain += 'e';
            plain += rest;
            break;
        } else if ((c == '_' || c == ',') && digits && !point) {
            continue;
        } else {
            return std::nullopt;
        }
        plain += c;
    }
    if (!point || !digits) return std::nullopt;
    double value = 0;
    auto const* end = plain.data() + plain.size();
    auto const [stop, ec] = std::from_chars(plain.data(), end, value);
    if (ec != std::errc{} || stop != end) return std::nullopt;
    return value;
}

} // namespace

void resolve_plain(YamlNode& scalar) {
    std::string_view const text = scalar.text;
    if (text.empty() || text == "~" || any_of(text, {"null"})) {
        scalar.kind = Kind::null;
    } else if (any_of(text, {"true", "yes", "on"})) {
        scalar.kind = Kind::boolean;
        scalar.boolean = true;
    } else if (any_of(text, {"false", "no", "off"})) {
        scalar.kind = Kind::boolean;
        scalar.boolean = false;
    } else if (auto const integer = parse_integer(text)) {
        scalar.kind = Kind::integer;
        scalar.integer = *integer;
    } else if (auto const real = parse_real(text)) {
        scalar.kind = Kind::real;
        scalar.real = *real;
    } else {
        scalar.kind = Kind::string;
    }
}

} // namespace kontena::yaml
