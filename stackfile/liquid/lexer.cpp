#include "stackfile/liquid/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile::liquid {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct Fixed {
    std::string_view text;
    TokenKind kind;
};

/// Longer ones in front of those that they begin with.
constexpr std::array<Fixed, 17> kFixed{{
    {"==", TokenKind::comparison},
    {"!=", TokenKind::comparison},
    {"<>", TokenKind::comparison},
    {"<=", TokenKind::comparison},
    {">=", TokenKind::comparison},
    {"<", TokenKind::comparison},
    {">", TokenKind::comparison},
    {"=", TokenKind::assign},
    {"..", TokenKind::dots},
    {".", TokenKind::dot},
    {":", TokenKind::colon},
    {",", TokenKind::comma},
    {"|", TokenKind::pipe},
    {"(", TokenKind::open_round},
    {")", TokenKind::close_round},
    {"[", TokenKind::open_square},
    {"]", TokenKind::close_square},
}};

class Lexer {
public:
    Lexer(std::string_view markup, std::size_t offset)
        : markup_(markup)
        , offset_(offset) {}

    Outcome<std::vector<Token>> run() {
        std::vector<Token> out;
        for (;;) {
            while (at_ < markup_.size() && blank(markup_[at_])) ++at_;
            if (at_ == markup_.size()) break;
            auto token = next();
            if (!token) return std::move(token).error();
            out.push_back(*token);
        }
        out.push_back({TokenKind::end, {}, offset_ + at_});
        return out;
    }

private:
    Outcome<Token> next() {
        auto const c = markup_[at_];
        if (c == '"' || c == '\'') return quoted(c);
        if (digit(c) || (c == '-' && digit(peek(1)))) return take(TokenKind::number, number_end());
        if (letter(c)) return take(TokenKind::identifier, identifier_end());
        for (auto const& fixed : kFixed)
            if (markup_.substr(at_).starts_with(fixed.text))
                return take(fixed.kind, at_ + fixed.text.size());
        return unexpected();
    }

    char peek(std::size_t ahead) const {
        return at_ + ahead < markup_.size() ? markup_[at_ + ahead] : '\0';
    }

    Token take(TokenKind kind, std::size_t end) {
        Token const token{kind, markup_.substr(at_, end - at_), offset_ + at_};
        at_ = end;
        return token;
    }

    Outcome<Token> quoted(char quote) {
        auto const close = markup_.find(quote, at_ + 1);
        if (close == std::string_view::npos)
            return Problem{
                offset_ + at_, fmt::format("the text that begins here has no closing {}", quote)
            };
        Token const token{TokenKind::text, markup_.substr(at_ + 1, close - at_ - 1), offset_ + at_};
        at_ = close + 1;
        return token;
    }

    std::size_t skip_digits(std::size_t from) const {
        while (from < markup_.size() && digit(markup_[from])) ++from;
        return from;
    }

    std::size_t number_end() const {
        auto const end = skip_digits(at_ + 1);
        auto const fraction =
            end + 1 < markup_.size() && markup_[end] == '.' && digit(markup_[end + 1]);
        return fraction ? skip_digits(end + 1) : end;
    }

    std::size_t identifier_end() const {
        auto const tail = std::ranges::find_if_not(markup_.substr(at_), [](char c) {
            return letter(c) || digit(c) || c == '-';
        });
        auto const end = static_cast<std::size_t>(tail - markup_.substr(at_).begin()) + at_;
        return end < markup_.size() && markup_[end] == '?' ? end + 1 : end;
    }

    Problem unexpected() const {
        // All bytes of a character that is not ASCII.
        std::size_t length = 1;
        while ((static_cast<unsigned char>(peek(length)) & 0xC0U) == 0x80U) ++length;
        return {
            offset_ + at_,
            fmt::format("'{}' is not expected here", markup_.substr(at_, length)),
        };
    }

    std::string_view markup_;
    std::size_t offset_;
    std::size_t at_ = 0;
};

} // namespace

Outcome<std::vector<Token>> tokenise(std::string_view markup, std::size_t offset) {
    return Lexer(markup, offset).run();
}

} // namespace kontena::stackfile::liquid
