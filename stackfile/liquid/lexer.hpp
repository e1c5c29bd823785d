#pragma once

#include "stackfile/liquid/problem.hpp"

#include <string_view>
#include <vector>

namespace kontena::stackfile::liquid {

enum class TokenKind {
    identifier,
    text, ///< without its quotes
    number,
    comparison,
    assign,
    dot,
    dots,
    colon,
    comma,
    pipe,
    open_round,
    close_round,
    open_square,
    close_square,
    end,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string_view text;
    std::size_t offset = 0; ///< in the template
};

/// The words of what stands inside a tag or an output, which begins at `offset` of the template.
/// The last one is always `end`.
Outcome<std::vector<Token>> tokenise(std::string_view markup, std::size_t offset);

} // namespace kontena::stackfile::liquid
