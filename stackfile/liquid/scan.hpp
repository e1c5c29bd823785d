#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile::liquid {

/// A part of a template. What `raw` encloses is text, and comments are left out.
struct Piece {
    enum class Kind { text, output, tag, problem };

    Kind kind = Kind::text;
    std::size_t offset = 0;
    std::size_t length = 0;
    std::string_view content;  ///< between the delimiters; of a problem, words that belong to it
    std::string reason;        ///< of a problem
    bool verbatim = false;     ///< text that neighbours do not trim
    bool trims_before = false; ///< `{{-`, `{%-`
    bool trims_after = false;  ///< `-}}`, `-%}`
    bool silent = false;       ///< a comment or the tags around raw text: renders nothing

    std::size_t end() const { return offset + length; }
};

/// Cuts a template into its parts, in order and without gaps; views refer to `text`.
std::vector<Piece> scan(std::string_view text);

/// The same without a look at what tags mean: also inside of comments and raw text.
std::vector<Piece> scan_flat(std::string_view text);

/// The name of a tag, and where in `content` what follows begins.
struct TagName {
    std::string_view name;
    std::size_t rest = 0;
};

TagName tag_name(std::string_view content);

bool is_white_space(char c);

} // namespace kontena::stackfile::liquid
