#include "stackfile/liquid/number.hpp"

#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kontena::stackfile::liquid {

using core::Errc;
using core::fail;
using core::Result;

namespace {

bool digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// `-1.5`: digits on both sides of the point.
bool looks_decimal(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    auto const point = text.find('.');
    return point != std::string_view::npos && digits(text.substr(0, point)) &&
           digits(text.substr(point + 1));
}

} // namespace

std::optional<std::int64_t> leading_integer(std::string_view text) {
    text = core::trim(text);
    if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
    std::int64_t value = 0;
    auto const ec = std::from_chars(text.data(), text.data() + text.size(), value).ec;
    if (ec == std::errc::result_out_of_range) return std::nullopt;
    return value;
}

Result<Number> to_number(Data const& data) {
    if (auto const* integer = std::get_if<std::int64_t>(&data)) return Number{*integer};
    if (auto const* real = std::get_if<double>(&data)) {
        if (std::isfinite(*real)) return Number{*real};
        return fail(Errc::invalid, "the number is not finite");
    }
    auto const* text = text_of(data);
    if (text == nullptr) return Number{std::int64_t{0}};
    auto const trimmed = core::trim(*text);
    if (looks_decimal(trimmed)) {
        double value = 0;
        auto const* last = trimmed.data() + trimmed.size();
        if (std::from_chars(trimmed.data(), last, value).ec == std::errc{}) return Number{value};
    } else if (auto const value = leading_integer(trimmed)) {
        return Number{*value};
    }
    return fail(Errc::invalid, fmt::format("'{}' is too large", trimmed.substr(0, 40)));
}

Result<std::int64_t> to_integer(double value) {
    if (!(value > -9.2e18 && value < 9.2e18)) return fail(Errc::invalid, "the number is too large");
    return static_cast<std::int64_t>(value);
}

Result<std::int64_t> need_integer(Data const& data) {
    if (auto const* integer = std::get_if<std::int64_t>(&data)) return *integer;
    if (auto const* text = text_of(data)) {
        auto const trimmed = core::trim(*text);
        auto const unsigned_part = trimmed.substr(trimmed.starts_with('-') ? 1 : 0);
        if (digits(unsigned_part))
            if (auto const value = leading_integer(trimmed)) return *value;
    }
    return fail(Errc::invalid, fmt::format("an integer is needed, not {}", describe(data)));
}

} // namespace kontena::stackfile::liquid
