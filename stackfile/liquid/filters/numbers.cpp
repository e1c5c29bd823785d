#include "stackfile/liquid/filters.hpp"
#include "stackfile/liquid/filters/argument.hpp"
#include "stackfile/liquid/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace kontena::stackfile::liquid::filters {

using core::Errc;
using core::fail;
using core::Result;

namespace {

using Integer = std::int64_t;

Result<Data> from_double(double value) {
    if (!std::isfinite(value)) return fail(Errc::invalid, "the result is too large");
    return value;
}

/// Decimals are computed as people write them: 0.1 plus 0.2 is 0.3.
Result<Data> from_decimal(double value) {
    if (!std::isfinite(value)) return from_double(value);
    auto const text = fmt::format("{:.15g}", value);
    double rounded = value;
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    return from_double(rounded);
}

/// False when the result does not fit.
using OfIntegers = bool (*)(Integer, Integer, Integer*);
using OfDoubles = double (*)(double, double);

template <OfIntegers Integers, OfDoubles Doubles>
Result<Data> calculate(Data const& input, Arguments arguments) {
    KTRY(auto const left, to_number(input));
    KTRY(auto const right, to_number(arguments[0]));
    auto const* a = std::get_if<Integer>(&left);
    auto const* b = std::get_if<Integer>(&right);
    if (a == nullptr || b == nullptr)
        return from_decimal(Doubles(as_double(left), as_double(right)));
    Integer result = 0;
    if (Integers(*a, *b, &result)) return result;
    return fail(Errc::invalid, "the result does not fit in 64 bits");
}

bool add(Integer a, Integer b, Integer* out) { return !__builtin_add_overflow(a, b, out); }

bool subtract(Integer a, Integer b, Integer* out) { return !__builtin_sub_overflow(a, b, out); }

bool multiply(Integer a, Integer b, Integer* out) { return !__builtin_mul_overflow(a, b, out); }

/// Rounds down, as the format has it: -7 divided by 2 is -4.
bool divide(Integer a, Integer b, Integer* out) {
    if (b == -1) return subtract(0, a, out);
    auto const down = a % b != 0 && (a < 0) != (b < 0);
    *out = a / b - (down ? 1 : 0);
    return true;
}

/// Has the sign of the divisor.
bool remainder(Integer a, Integer b, Integer* out) {
    *out = b == -1 ? 0 : a % b;
    if (*out != 0 && (*out < 0) != (b < 0)) *out += b;
    return true;
}

bool smaller(Integer a, Integer b, Integer* out) {
    *out = std::min(a, b);
    return true;
}

bool larger(Integer a, Integer b, Integer* out) {
    *out = std::max(a, b);
    return true;
}

double add(double a, double b) { return a + b; }

double subtract(double a, double b) { return a - b; }

double multiply(double a, double b) { return a * b; }

double divide(double a, double b) { return a / b; }

double remainder(double a, double b) { return a - b * std::floor(a / b); }

double smaller(double a, double b) { return std::min(a, b); }

double larger(double a, double b) { return std::max(a, b); }

template <OfIntegers Integers, OfDoubles Doubles>
Result<Data> calculate_by(Data const& input, Arguments arguments) {
    KTRY(auto const divisor, to_number(arguments[0]));
    if (as_double(divisor) == 0) return fail(Errc::invalid, "divided by 0");
    return calculate<Integers, Doubles>(input, arguments);
}

Result<Data> abs(Data const& input, Arguments) {
    KTRY(auto const number, to_number(input));
    auto const* integer = std::get_if<Integer>(&number);
    if (integer == nullptr) return from_double(std::abs(as_double(number)));
    Integer result = *integer;
    if (result >= 0 || subtract(0, result, &result)) return result;
    return fail(Errc::invalid, "the result does not fit in 64 bits");
}

template <double (*Round)(double)>
Result<Data> to_whole(Data const& input, Arguments) {
    KTRY(auto const number, to_number(input));
    if (auto const* integer = std::get_if<Integer>(&number)) return *integer;
    KTRY(auto const result, to_integer(Round(as_double(number))));
    return result;
}

double ceil_of(double value) { return std::ceil(value); }

double floor_of(double value) { return std::floor(value); }

double round_of(double value) { return std::round(value); }

/// To that many decimals; negative ones round to tens, hundreds and so on.
Result<Data> round(Data const& input, Arguments arguments) {
    Integer digits = 0;
    if (!arguments.empty()) {
        KTRY(auto const number, to_number(arguments[0]));
        KTRY(digits, to_integer(as_double(number)));
    }
    digits = std::clamp<Integer>(digits, -18, 15);
    KTRY(auto const number, to_number(input));
    auto const* integer = std::get_if<Integer>(&number);
    if (digits >= 0 && integer != nullptr) return *integer;
    if (digits == 0) return to_whole<round_of>(input, {});
    auto const scale = std::pow(10.0, static_cast<double>(std::abs(digits)));
    if (digits > 0) {
        auto const scaled = as_double(number) * scale;
        if (std::abs(scaled) > 1e15) return from_double(as_double(number));
        return from_decimal(std::round(scaled) / scale);
    }
    KTRY(auto const result, to_integer(std::round(as_double(number) / scale) * scale));
    return result;
}

constexpr std::array<Filter, 11> kFilters{{
    {"abs", 0, 0, abs},
    {"at_least", 1, 1, calculate<larger, larger>},
    {"at_most", 1, 1, calculate<smaller, smaller>},
    {"ceil", 0, 0, to_whole<ceil_of>},
    {"divided_by", 1, 1, calculate_by<divide, divide>},
    {"floor", 0, 0, to_whole<floor_of>},
    {"minus", 1, 1, calculate<subtract, subtract>},
    {"modulo", 1, 1, calculate_by<remainder, remainder>},
    {"plus", 1, 1, calculate<add, add>},
    {"round", 0, 1, round},
    {"times", 1, 1, calculate<multiply, multiply>},
}};

} // namespace

std::span<Filter const> numbers() { return kFilters; }

} // namespace kontena::stackfile::liquid::filters
