#include "stackfile/liquid/expression_parser.hpp"

#include "core/base/strings.hpp"
#include "stackfile/liquid/limits.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace kontena::stackfile::liquid {
namespace {

constexpr std::array<std::pair<std::string_view, Operator>, 8> kOperators{{
    {"==", Operator::equal},
    {"!=", Operator::unequal},
    {"<>", Operator::unequal},
    {"<", Operator::less},
    {">", Operator::greater},
    {"<=", Operator::at_most},
    {">=", Operator::at_least},
    {"contains", Operator::contains},
}};

/// The words that are values; nullopt for names of variables.
std::optional<Expression> constant(Token const& word) {
    if (word.text == "nil" || word.text == "null") return Expression{word.offset, Literal{}};
    if (word.text == "true") return Expression{word.offset, Literal{true}};
    if (word.text == "false") return Expression{word.offset, Literal{false}};
    if (word.text == "empty") return Expression{word.offset, Emptiness::empty};
    if (word.text == "blank") return Expression{word.offset, Emptiness::blank};
    return std::nullopt;
}

std::string plural(std::size_t count) {
    return fmt::format("{} argument{}", count, count == 1 ? "" : "s");
}

std::string arity(Filter const& filter) {
    if (filter.least == filter.most) return plural(filter.most);
    return fmt::format("{} to {}", filter.least, plural(filter.most));
}

} // namespace

Token const& ExpressionParser::peek(std::size_t ahead) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool ExpressionParser::next_is_word(std::string_view word) const {
    return next_is(TokenKind::identifier) && peek().text == word;
}

Token ExpressionParser::take() {
    auto const token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
}

bool ExpressionParser::accept(TokenKind kind) {
    if (!next_is(kind)) return false;
    take();
    return true;
}

bool ExpressionParser::accept_word(std::string_view word) {
    if (!next_is_word(word)) return false;
    take();
    return true;
}

Outcome<Token> ExpressionParser::expect(TokenKind kind, std::string_view what) {
    if (!next_is(kind)) return unexpected(what);
    return take();
}

Outcome<> ExpressionParser::end() const {
    if (!next_is(TokenKind::end)) return unexpected();
    return {};
}

Problem ExpressionParser::unexpected(std::string_view wanted) const {
    auto const wish =
        wanted.empty() ? std::string() : fmt::format("; {} should stand here", wanted);
    if (next_is(TokenKind::end)) {
        if (wanted.empty()) return {peek().offset, "something is missing here"};
        return {peek().offset, fmt::format("{} is missing here", wanted)};
    }
    return {peek().offset, fmt::format("'{}' is not expected here{}", peek().text, wish)};
}

Outcome<Expression> ExpressionParser::expression() {
    if (depth_ == kMaxExpressionDepth)
        return Problem{
            peek().offset,
            fmt::format("brackets nest more than {} levels deep", kMaxExpressionDepth)
        };
    ++depth_;
    auto out = [&]() -> Outcome<Expression> {
        switch (peek().kind) {
        case TokenKind::identifier:
            return path();
        case TokenKind::number:
            return number();
        case TokenKind::open_round:
            return interval();
        case TokenKind::text: {
            auto const token = take();
            return Expression{token.offset, Literal{make_text(std::string(token.text))}};
        }
        default:
            return unexpected("a value");
        }
    }();
    --depth_;
    return out;
}

Outcome<Expression> ExpressionParser::path() {
    auto const root = take();
    Path out{.root = std::string(root.text)};
    while (next_is(TokenKind::dot) || next_is(TokenKind::open_square)) {
        if (out.segments.size() == kMaxExpressionDepth)
            return Problem{
                peek().offset, fmt::format("a path has more than {} steps", kMaxExpressionDepth)
            };
        if (accept(TokenKind::dot)) {
            KTRY(auto const name, expect(TokenKind::identifier, "a name"));
            out.segments.push_back({.name = std::string(name.text), .offset = name.offset});
            continue;
        }
        take();
        auto const offset = peek().offset;
        KTRY(auto index, expression());
        KTRY([[maybe_unused]] auto const close, expect(TokenKind::close_square, "']'"));
        out.segments.push_back(
            {.index = std::make_unique<Expression>(std::move(index)), .offset = offset}
        );
    }
    if (out.segments.empty())
        if (auto word = constant(root)) return std::move(*word);
    return Expression{root.offset, std::move(out)};
}

Outcome<Expression> ExpressionParser::number() {
    auto const token = take();
    auto const* first = token.text.data();
    auto const* last = first + token.text.size();
    if (token.text.find('.') != std::string_view::npos) {
        double value = 0;
        if (std::from_chars(first, last, value).ec == std::errc{})
            return Expression{token.offset, Literal{value}};
    } else {
        std::int64_t value = 0;
        if (std::from_chars(first, last, value).ec == std::errc{})
            return Expression{token.offset, Literal{value}};
    }
    return Problem{token.offset, "the number does not fit in 64 bits"};
}

Outcome<Expression> ExpressionParser::interval() {
    auto const open = take();
    KTRY(auto first, expression());
    KTRY([[maybe_unused]] auto const dots, expect(TokenKind::dots, "'..'"));
    KTRY(auto last, expression());
    KTRY([[maybe_unused]] auto const close, expect(TokenKind::close_round, "')'"));
    return Expression{
        open.offset,
        Interval{
            std::make_unique<Expression>(std::move(first)),
            std::make_unique<Expression>(std::move(last))
        }
    };
}

Outcome<Pipeline> ExpressionParser::pipeline() {
    KTRY(auto value, expression());
    Pipeline out{.value = std::move(value)};
    while (accept(TokenKind::pipe)) {
        KTRY(auto call, filter());
        out.filters.push_back(std::move(call));
    }
    return out;
}

Outcome<FilterCall> ExpressionParser::filter() {
    KTRY(auto const name, expect(TokenKind::identifier, "the name of a filter"));
    FilterCall out{.filter = find_filter(name.text), .offset = name.offset};
    if (out.filter == nullptr)
        return Problem{
            name.offset,
            fmt::format(
                "undefined filter '{}'{}", name.text, core::suggestion(name.text, filter_names())
            )
        };
    if (accept(TokenKind::colon)) {
        do {
            KTRY(auto argument, expression());
            out.arguments.push_back(std::move(argument));
        } while (accept(TokenKind::comma));
    }
    auto const given = out.arguments.size();
    if (given < out.filter->least || given > out.filter->most)
        return Problem{
            name.offset,
            fmt::format("the filter '{}' takes {}, not {}", name.text, arity(*out.filter), given)
        };
    return out;
}

Outcome<Condition> ExpressionParser::condition() {
    Condition out;
    for (;;) {
        KTRY(auto term, comparison());
        out.terms.push_back(std::move(term));
        if (accept_word("and"))
            out.joints.push_back(Joint::both);
        else if (accept_word("or"))
            out.joints.push_back(Joint::either);
        else
            return out;
    }
}

Outcome<Comparison> ExpressionParser::comparison() {
    KTRY(auto left, expression());
    Comparison out{.left = std::move(left), .offset = peek().offset};
    if (next_is(TokenKind::assign))
        return Problem{peek().offset, "'=' is not expected here: write == to compare"};
    for (auto const& [text, op] : kOperators) {
        if (peek().text != text || next_is(TokenKind::text)) continue;
        out.op = op;
        take();
        KTRY(auto right, expression());
        out.right = std::move(right);
        break;
    }
    return out;
}

} // namespace kontena::stackfile::liquid
