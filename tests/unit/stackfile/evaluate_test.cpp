#include "stackfile/variables/evaluate.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena::stackfile;

std::string result(std::string const& expression) {
    auto const out = evaluate(expression);
    return out ? to_text(*out) : "error: " + out.error().message;
}

struct Sum {
    std::string expression;
    std::string expected;
};

void PrintTo(Sum const& sum, std::ostream* out) { *out << sum.expression; }

class Evaluate : public ::testing::TestWithParam<Sum> {};

TEST_P(Evaluate, Gives) { EXPECT_EQ(result(GetParam().expression), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Sums,
    Evaluate,
    ::testing::Values(
        Sum{"1", "1"},
        Sum{" 1 + 2 * 3 ", "7"},
        Sum{"(1+2)*3", "9"},
        Sum{"10-2-3", "5"},
        Sum{"7/2", "3"},
        Sum{"-7/2", "-4"},
        Sum{"7/-2", "-4"},
        Sum{"-7/-2", "3"},
        Sum{"6/-2", "-3"},
        Sum{"0/5", "0"},
        Sum{"1/2.0", "0.5"},
        Sum{"2048*0.8", "1638.4"},
        Sum{"1.0*2", "2.0"},
        Sum{"4.0/2", "2.0"},
        Sum{"2**10", "1024"},
        Sum{"2**3**2", "512"},
        Sum{"-2**2", "-4"},
        Sum{"(-2)**2", "4"},
        Sum{"(-2)**3", "-8"},
        Sum{"2**-1", "0.5"},
        Sum{"2*-3", "-6"},
        Sum{"2--3", "5"},
        Sum{"--3", "3"},
        Sum{"+3", "3"},
        Sum{"010", "10"},
        Sum{"10.0**14", "100000000000000.0"},
        Sum{"10.0**15", "1000000000000000.0"},
        Sum{"9007199254740993.0", "9007199254740992.0"},
        Sum{"10.0**16", "1.0e+16"},
        Sum{"-1.5*10**16", "-1.5e+16"},
        Sum{"12345678901234567.0*10", "1.2345678901234568e+17"},
        Sum{"10.0**100", "1.0e+100"},
        Sum{"0.001", "0.001"},
        Sum{"0.0001", "0.0001"},
        Sum{"0.00012", "0.00012"},
        Sum{"0.00001", "1.0e-05"},
        Sum{"-0.000012", "-1.2e-05"},
        Sum{"1 2", "12"},
        Sum{"9223372036854775807", "9223372036854775807"},
        Sum{"-9223372036854775807-1", "-9223372036854775808"},
        Sum{"0**0", "1"},
        Sum{"1**9223372036854775807", "1"}
    )
);

class Refused : public ::testing::TestWithParam<Sum> {};

TEST_P(Refused, Because) {
    EXPECT_EQ(result(GetParam().expression), "error: " + GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Sums,
    Refused,
    ::testing::Values(
        Sum{"", "it ends too early"},
        Sum{"1+", "it ends too early"},
        Sum{"(1", "it ends too early"},
        Sum{"1)", "')' at character 2 is unexpected"},
        Sum{"1//2", "'/' at character 3 is unexpected"},
        Sum{"1.", "it ends too early"},
        Sum{".5", "'.' at character 1 is unexpected"},
        Sum{"1.2.3", "'.' at character 4 is unexpected"},
        Sum{"a+1", "there is something else in it than numbers, ( ) + - * / and **"},
        Sum{"1e3", "there is something else in it than numbers, ( ) + - * / and **"},
        Sum{"1/0", "division by zero"},
        Sum{"1/0.0", "division by zero"},
        Sum{"0**-1", "division by zero"},
        Sum{"0.0**-1", "division by zero"},
        Sum{"9**9**9", "the result is too large"},
        Sum{"9.0**9**9", "the result is too large"},
        Sum{"9223372036854775807+1", "the result is too large"},
        Sum{"9223372036854775808", "the result is too large"},
        Sum{"(-9223372036854775807-1)/-1", "the result is too large"},
        Sum{"-(-9223372036854775807-1)", "the result is too large"},
        Sum{"9223372036854775807*2", "the result is too large"},
        Sum{"(0-1)**0.5", "a root of a negative number does not exist"}
    )
);

TEST(EvaluateLimits, LongAndDeepExpressionsAreErrors) {
    EXPECT_EQ(result(std::string(101, '(')), "error: nested too deep");
    EXPECT_EQ(result(std::string(9000, '-') + "1"), "error: nested too deep");
    EXPECT_EQ(result(std::string(10'001, '1')), "error: longer than 10000 characters");
    std::string powers = "1";
    for (int i = 0; i < 200; ++i) powers += "**1";
    EXPECT_EQ(result(powers), "error: nested too deep");
    std::string sum = "1";
    for (int i = 0; i < 4000; ++i) sum += "+1";
    EXPECT_EQ(result(sum), "4001");
}

} // namespace
