#include "core/base/strings.hpp"
#include "stackfile/variables/types/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using core::Result;
using yaml::YamlNode;

namespace {

void check_schemes(Checker& in, YamlNode const& value) {
    if (value.is_scalar() && value.text.empty()) return;
    check_string_list(in, value);
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool digit(char c) { return c >= '0' && c <= '9'; }

bool hex_digit(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// `scheme` of `scheme:rest`; empty for a relative reference.
std::string_view scheme_of(std::string_view text) {
    auto const colon = text.find(':');
    auto const scheme = text.substr(0, colon);
    if (colon == std::string_view::npos || scheme.empty() || !letter(scheme.front())) return {};
    auto const fits = std::ranges::all_of(scheme, [](char c) {
        return letter(c) || digit(c) || c == '+' || c == '-' || c == '.';
    });
    return fits ? scheme : std::string_view{};
}

/// The characters of RFC 3986, and percent signs only in front of two hex digits.
bool well_formed_characters(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size() || !hex_digit(text[i + 1]) || !hex_digit(text[i + 2]))
                return false;
        } else if (!letter(c) && !digit(c) &&
                   std::string_view("-._~:/?#[]@!$&'()*+,;=").find(c) == std::string_view::npos) {
            return false;
        }
    }
    return true;
}

/// `//[user@]host[:port]` behind the scheme: brackets only around an address, a port of digits.
bool well_formed_authority(std::string_view rest) {
    if (!rest.starts_with("//"))
        return rest.substr(0, rest.find_first_of("?#")).find_first_of("[]") ==
               std::string_view::npos;
    rest.remove_prefix(2);
    auto authority = rest.substr(0, rest.find_first_of("/?#"));
    if (auto const at = authority.rfind('@'); at != std::string_view::npos)
        authority.remove_prefix(at + 1);
    if (authority.starts_with('[')) {
        auto const close = authority.find(']');
        if (close == std::string_view::npos || close == 1) return false;
        authority.remove_prefix(close + 1);
        if (!authority.empty() && authority.front() != ':') return false;
    }
    auto const colon = authority.find(':');
    auto const port = colon == std::string_view::npos ? "" : authority.substr(colon + 1);
    return authority.find_first_of("[]") == std::string_view::npos &&
           std::ranges::all_of(port, digit);
}

} // namespace

std::span<KeyRule const> uri_options() {
    static constexpr auto kOptions = std::to_array<KeyRule>({{"schemes", check_schemes}});
    return kOptions;
}

UriType UriType::read(YamlNode const& map) {
    UriType out;
    auto const* schemes = map.find_entry("schemes") == nullptr ? nullptr : map.find("schemes");
    if (schemes == nullptr) {
        out.schemes = {"http", "https"};
    } else {
        for (auto const& scheme : schemes->items) out.schemes.push_back(lower(scheme.text));
    }
    return out;
}

Result<Sanitised> UriType::sanitise(Value const& raw, Show) const { return Sanitised{raw}; }

std::optional<Refusal> UriType::refuse(Value const& value, Show show) const {
    auto const text = to_text(value);
    auto const scheme = scheme_of(text);
    auto const rest = std::string_view(text).substr(scheme.empty() ? 0 : scheme.size() + 1);
    if (!well_formed_characters(text) || !well_formed_authority(rest))
        return Refusal{"", fmt::format("{} is not a URI", shown(value, show))};
    if (schemes.empty() || std::ranges::find(schemes, lower(scheme)) != schemes.end())
        return std::nullopt;
    std::vector<std::string_view> const known(schemes.begin(), schemes.end());
    return Refusal{
        "validate_scheme",
        fmt::format("{} does not begin with {}:", shown(value, show), core::choices(known))
    };
}

bool UriType::truthy(Value const& value) const { return !is_blank(to_text(value)); }

} // namespace kontena::stackfile
