#include "core/base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace kontena::core {
namespace {

/// A character that does not show; `bytes` is 0 when there is another one.
struct Hidden {
    std::size_t bytes = 0;
    unsigned code = 0;
};

/// YAML has no place for these, or takes them for line ends, or drops them. C1 controls are below.
constexpr std::array<std::pair<std::string_view, unsigned>, 5> kHidden{{
    {"\xE2\x80\xA8", 0x2028},
    {"\xE2\x80\xA9", 0x2029},
    {"\xEF\xBB\xBF", 0xFEFF},
    {"\xEF\xBF\xBE", 0xFFFE},
    {"\xEF\xBF\xBF", 0xFFFF},
}};

Hidden hidden_at(std::string_view rest) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
    if (byte(0) < 0x20 || byte(0) == 0x7F) return {1, byte(0)};
    if (byte(0) < 0x80) return {};
    if (byte(0) == 0xC2 && rest.size() > 1 && byte(1) >= 0x80 && byte(1) < 0xA0)
        return {2, byte(1)};
    for (auto const& [bytes, code] : kHidden)
        if (rest.starts_with(bytes)) return {bytes.size(), code};
    return {};
}

} // namespace

std::string escaped(std::string_view text) {
    static constexpr std::array<std::pair<char, std::string_view>, 5> kShort{
        {{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\r', "\\r"}, {'\t', "\\t"}}
    };
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        auto const known = std::ranges::find(kShort, text[i], &decltype(kShort)::value_type::first);
        auto const hidden = hidden_at(text.substr(i));
        if (known != kShort.end()) {
            out += known->second;
        } else if (hidden.bytes > 0) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", hidden.code);
        } else {
            out += text[i];
        }
        i += std::max<std::size_t>(hidden.bytes, 1);
    }
    return out;
}

bool has_unprintable(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\t' && hidden_at(text.substr(i)).bytes > 0) return true;
    return false;
}

} // namespace kontena::core
