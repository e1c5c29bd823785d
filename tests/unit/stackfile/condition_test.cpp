#include "stackfile/variables/condition.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena::stackfile;

bool compares(Operator op, Value operand, Value const& value) {
    auto written = to_text(operand);
    auto const out = holds({op, {std::move(operand), std::move(written)}}, value);
    return out && *out;
}

TEST(LooselyEqual, ScalarsAreEqualWhenTheirTextsAre) {
    EXPECT_TRUE(loosely_equal(5.5, "5.5"));
    EXPECT_TRUE(loosely_equal(std::int64_t{1}, 1.0));
    EXPECT_TRUE(loosely_equal(true, "true"));
    EXPECT_FALSE(loosely_equal(true, std::int64_t{1}));
    EXPECT_FALSE(loosely_equal("5.50", 5.5));
}

TEST(LooselyEqual, NullEqualsOnlyNull) {
    EXPECT_TRUE(loosely_equal(Value{}, Value{}));
    EXPECT_FALSE(loosely_equal(Value{}, ""));
    EXPECT_FALSE(loosely_equal(List{}, Value{}));
}

TEST(LooselyEqual, ListsAreEqualWhenTheirItemsAre) {
    EXPECT_TRUE(loosely_equal(List{std::int64_t{1}, "a"}, List{"1", "a"}));
    EXPECT_FALSE(loosely_equal(List{"a"}, List{"a", "b"}));
    EXPECT_FALSE(loosely_equal(List{"a"}, "a"));
}

TEST(Comparison, LargeIntegersAreComparedExactly) {
    std::int64_t const large = 9'007'199'254'740'993; // no double is this
    EXPECT_TRUE(compares(Operator::gt, large - 1, large));
    EXPECT_TRUE(compares(Operator::gte, large, large));
    EXPECT_FALSE(compares(Operator::gt, large, large));
}

TEST(Comparison, NotANumberIsNeverLargerOrSmaller) {
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_FALSE(compares(Operator::gte, nan, 1.0));
    EXPECT_FALSE(compares(Operator::lte, nan, 1.0));
}

TEST(Comparison, BooleansHaveNoOrder) {
    EXPECT_FALSE(holds({Operator::lt, {true, "true"}}, false));
    EXPECT_FALSE(holds({Operator::lt, {Value{}, ""}}, std::int64_t{1}));
}

} // namespace
