#pragma once

#include <cstddef>
#include <string_view>

namespace kontena::stackfile::liquid {

/// Byte offset behind the first `count` characters, the size of the text when it has fewer. Also
/// for texts that are not UTF-8.
inline std::size_t skip_characters(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    while (count > 0 && at < text.size()) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
        --count;
    }
    return at;
}

} // namespace kontena::stackfile::liquid
