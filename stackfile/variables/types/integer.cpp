#include "core/base/strings.hpp"
#include "stackfile/variables/types/types.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace kontena::stackfile {

using core::Errc;
using core::Result;
using yaml::YamlNode;

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

/// The integer that a text begins with: `7x` is 7, `abc` is 0.
Result<Sanitised> leading_integer(std::string_view given, Show show) {
    auto const text = core::trim(given);
    if (text.empty()) return Sanitised{};
    std::size_t at = text.front() == '-' || text.front() == '+' ? 1 : 0;
    std::string digits = text.front() == '-' ? "-" : "";
    auto const sign = digits.size();
    for (; at < text.size(); ++at) {
        auto const separator =
            text[at] == '_' && digits.size() > sign && at + 1 < text.size() && digit(text[at + 1]);
        if (!digit(text[at]) && !separator) break;
        if (!separator) digits += text[at];
    }
    if (digits.size() == sign) digits = "0";
    std::int64_t value = 0;
    auto const [stop, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (ec != std::errc{})
        return core::fail(
            Errc::invalid,
            fmt::format("{} does not fit into 64 bits", shown(std::string(given), show))
        );
    Sanitised out{value};
    if (at < text.size() || digits == "-")
        out.oddity = show == Show::hidden
                         ? "the value is not an integer: what it begins with is used"
                         : fmt::format("'{}' is not an integer: {} is used", given, value);
    return out;
}

} // namespace

std::span<KeyRule const> integer_options() {
    static constexpr auto kOptions = std::to_array<KeyRule>({
        {"min", check_integer},
        {"max", check_integer},
        {"nil_is_zero", check_boolean},
    });
    return kOptions;
}

IntegerType IntegerType::read(YamlNode const& map) {
    return {
        .min = number(map, "min").value_or(0),
        .max = number(map, "max"),
        .nil_is_zero = flag(map, "nil_is_zero"),
    };
}

Result<Sanitised> IntegerType::sanitise(Value const& raw, Show show) const {
    if (std::holds_alternative<std::int64_t>(raw)) return Sanitised{raw};
    if (auto const* real = std::get_if<double>(&raw)) {
        if (*real > -9.2e18 && *real < 9.2e18) return Sanitised{static_cast<std::int64_t>(*real)};
        return core::fail(
            Errc::invalid, fmt::format("{} does not fit into 64 bits", shown(raw, show))
        );
    }
    auto out = Sanitised{};
    if (auto const* text = std::get_if<std::string>(&raw)) {
        KTRY(out, leading_integer(*text, show));
    } else if (!is_null(raw)) {
        return core::fail(
            Errc::invalid,
            is_list(raw) ? "a list is not an integer"
                         : fmt::format("{} is not an integer", shown(raw, show))
        );
    }
    if (is_null(out.value) && nil_is_zero) out.value = std::int64_t{0};
    return out;
}

std::optional<Refusal> IntegerType::refuse(Value const& value, Show show) const {
    auto const integer = std::get<std::int64_t>(value);
    auto const what = show == Show::hidden ? "the value" : std::to_string(integer);
    if (integer < min)
        return Refusal{"validate_min", fmt::format("{} is smaller than {}", what, min)};
    if (max && integer > *max)
        return Refusal{"validate_max", fmt::format("{} is larger than {}", what, *max)};
    return std::nullopt;
}

bool IntegerType::truthy(Value const&) const { return true; }

} // namespace kontena::stackfile
