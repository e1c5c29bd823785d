#include "stackfile/variables/evaluate.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <variant>

namespace kontena::stackfile {

using core::Errc;
using core::Result;

namespace {

constexpr std::size_t kMaxLength = 10'000;
constexpr int kMaxDepth = 100;

using Number = std::variant<std::int64_t, double>;

double to_real(Number const& number) {
    return std::visit([](auto value) { return static_cast<double>(value); }, number);
}

core::Error too_large() { return core::fail(Errc::invalid, "the result is too large"); }

core::Error by_zero() { return core::fail(Errc::invalid, "division by zero"); }

Result<Number> real(double value) {
    if (!std::isfinite(value)) return too_large();
    return Number(value);
}

Result<Number> divide(std::int64_t a, std::int64_t b) {
    if (b == 0) return by_zero();
    if (b == -1) { // the smallest integer has no positive twin
        std::int64_t out = 0;
        if (__builtin_sub_overflow(std::int64_t{0}, a, &out)) return too_large();
        return Number(out);
    }
    auto const down = a % b != 0 && (a < 0) != (b < 0);
    return Number(a / b - (down ? 1 : 0));
}

Result<Number> power(std::int64_t base, std::int64_t exponent) {
    if (exponent < 0) {
        if (base == 0) return by_zero();
        return real(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
    }
    std::int64_t out = 1;
    while (exponent > 0) {
        if (exponent % 2 == 1 && __builtin_mul_overflow(out, base, &out)) return too_large();
        exponent /= 2;
        if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) return too_large();
    }
    return Number(out);
}

Result<Number> apply(std::string_view op, std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    auto overflow = false;
    if (op == "/") return divide(a, b);
    if (op == "**") return power(a, b);
    if (op == "+") overflow = __builtin_add_overflow(a, b, &out);
    if (op == "-") overflow = __builtin_sub_overflow(a, b, &out);
    if (op == "*") overflow = __builtin_mul_overflow(a, b, &out);
    if (overflow) return too_large();
    return Number(out);
}

Result<Number> apply(std::string_view op, double a, double b) {
    if (op == "+") return real(a + b);
    if (op == "-") return real(a - b);
    if (op == "*") return real(a * b);
    if (op == "/") return b == 0 ? Result<Number>(by_zero()) : real(a / b);
    if (a == 0 && b < 0) return by_zero();
    if (a < 0 && b != std::floor(b))
        return core::fail(Errc::invalid, "a root of a negative number does not exist");
    return real(std::pow(a, b));
}

Result<Number> apply(std::string_view op, Number const& a, Number const& b) {
    auto const* x = std::get_if<std::int64_t>(&a);
    auto const* y = std::get_if<std::int64_t>(&b);
    return x != nullptr && y != nullptr ? apply(op, *x, *y) : apply(op, to_real(a), to_real(b));
}

/// Recursive descent: sum > product > sign > power > atom.
class Evaluation {
public:
    explicit Evaluation(std::string_view text)
        : text_(text) {}

    Result<Number> run() {
        KTRY(auto out, sum());
        if (at_ < text_.size()) return unexpected();
        return out;
    }

private:
    Result<Number> sum() {
        KTRY(auto left, product());
        for (auto op = next("+", "-"); !op.empty(); op = next("+", "-")) {
            KTRY(auto const right, product());
            KTRY(left, apply(op, left, right));
        }
        return left;
    }

    Result<Number> product() {
        KTRY(auto left, sign());
        for (auto op = next("*", "/"); !op.empty(); op = next("*", "/")) {
            KTRY(auto const right, sign());
            KTRY(left, apply(op, left, right));
        }
        return left;
    }

    Result<Number> sign() {
        auto const op = next("+", "-");
        if (op.empty()) return power();
        KTRY(auto const operand, nested(&Evaluation::sign));
        return op == "+" ? Result<Number>(operand) : apply("-", Number(std::int64_t{0}), operand);
    }

    /// From the right: `2**3**2` is `2**9`; a sign in front is applied last, one behind first.
    Result<Number> power() {
        KTRY(auto const base, atom());
        if (!text_.substr(at_).starts_with("**")) return base;
        at_ += 2;
        KTRY(auto const exponent, nested(&Evaluation::sign));
        return apply("**", base, exponent);
    }

    Result<Number> atom() {
        if (!text_.substr(at_).starts_with('(')) return number();
        ++at_;
        KTRY(auto const inner, nested(&Evaluation::sum));
        if (!text_.substr(at_).starts_with(')')) return unexpected();
        ++at_;
        return inner;
    }

    Result<Number> number() {
        auto const digits = [&] {
            auto const start = at_;
            while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
            return at_ > start;
        };
        auto const start = at_;
        if (!digits()) return unexpected();
        auto const integer = !text_.substr(at_).starts_with('.');
        if (!integer) {
            ++at_;
            if (!digits()) return unexpected();
        }
        auto const* first = text_.data() + start;
        auto const* last = text_.data() + at_;
        if (integer) {
            std::int64_t value = 0;
            if (std::from_chars(first, last, value).ec != std::errc{}) return too_large();
            return Number(value);
        }
        double value = 0;
        if (std::from_chars(first, last, value).ec != std::errc{}) return too_large();
        return Number(value);
    }

    /// The operator here, if it is one of the two; `**` is neither.
    std::string_view next(std::string_view one, std::string_view other) {
        auto const rest = text_.substr(at_);
        if (rest.starts_with("**")) return {};
        for (auto const op : {one, other}) {
            if (!rest.starts_with(op)) continue;
            ++at_;
            return op;
        }
        return {};
    }

    Result<Number> nested(Result<Number> (Evaluation::*part)()) {
        if (depth_ == kMaxDepth) return core::fail(Errc::invalid, "nested too deep");
        ++depth_;
        auto out = (this->*part)();
        --depth_;
        return out;
    }

    core::Error unexpected() const {
        if (at_ == text_.size()) return core::fail(Errc::invalid, "it ends too early");
        return core::fail(
            Errc::invalid, fmt::format("'{}' at character {} is unexpected", text_[at_], at_ + 1)
        );
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

} // namespace

Result<Value> evaluate(std::string_view expression) {
    std::string text;
    for (char const c : expression)
        if (std::string_view(" \t\r\n\v\f").find(c) == std::string_view::npos) text += c;
    if (text.size() > kMaxLength)
        return core::fail(Errc::invalid, fmt::format("longer than {} characters", kMaxLength));
    if (text.find_first_not_of("()+-*/0123456789.") != std::string::npos)
        return core::fail(
            Errc::invalid, "there is something else in it than numbers, ( ) + - * / and **"
        );
    KTRY(auto const number, Evaluation(text).run());
    return std::visit([](auto value) { return Value(value); }, number);
}

} // namespace kontena::stackfile
