#pragma once

#include "stackfile/liquid/expression.hpp"
#include "stackfile/liquid/lexer.hpp"
#include "stackfile/liquid/problem.hpp"

namespace kontena::stackfile::liquid {

/// Reads the words of one tag or output from left to right.
class ExpressionParser {
public:
    explicit ExpressionParser(std::vector<Token> tokens)
        : tokens_(std::move(tokens)) {}

    Outcome<Expression> expression();
    Outcome<Pipeline> pipeline();
    Outcome<Condition> condition();

    Token const& peek(std::size_t ahead = 0) const;

    bool next_is(TokenKind kind) const { return peek().kind == kind; }

    bool next_is_word(std::string_view word) const;

    Token take();
    /// Takes the next word when it is of that kind.
    bool accept(TokenKind kind);
    bool accept_word(std::string_view word);
    /// Takes the next word, which must be of that kind; `what` is for the message.
    Outcome<Token> expect(TokenKind kind, std::string_view what);
    /// Nothing may be left.
    Outcome<> end() const;

    /// The next word is not what can stand there.
    Problem unexpected(std::string_view wanted = {}) const;

private:
    Outcome<Expression> path();
    Outcome<Expression> number();
    Outcome<Expression> interval();
    Outcome<FilterCall> filter();
    Outcome<Comparison> comparison();

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
};

} // namespace kontena::stackfile::liquid
