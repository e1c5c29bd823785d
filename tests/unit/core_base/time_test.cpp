#include "core/base/time.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena::core;
using namespace std::chrono_literals;

TEST(Time, FormatsAndParsesTheSameInstant) {
    for (auto const* text :
         {"2026-11-23T20:15:00.123Z", "1970-01-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z"}) {
        auto const time = parse_time(text);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(format_time(*time), text);
    }
}

TEST(Time, AcceptsOffsetsAndFractions) {
    auto const utc = parse_time("2026-11-23T20:15:00Z");
    ASSERT_TRUE(utc);
    EXPECT_EQ(*parse_time("2026-11-23T22:15:00+02:00"), *utc);
    EXPECT_EQ(*parse_time("2026-11-23T18:45:00-0130"), *utc);
    EXPECT_EQ(*parse_time("2026-11-23 20:15:00.000000001Z"), *utc);
    EXPECT_EQ(*parse_time("2026-11-23T20:15:00.5Z"), *utc + 500ms);
}

TEST(Time, RefusesWhatIsNoTime) {
    for (auto const* text :
         {"",
          "2026",
          "2026-13-01T00:00:00Z",
          "2026-02-30T00:00:00Z",
          "2026-01-01T25:00:00Z",
          "2026-01-01T00:00:00",
          "2026-01-01T00:00:00Zx",
          "now",
          "-026-01-01T00:00:00Z"})
        EXPECT_FALSE(parse_time(text)) << text;
}

TEST(Duration, IsASumOfTerms) {
    EXPECT_EQ(*parse_duration("10s"), 10s);
    EXPECT_EQ(*parse_duration("2m"), 2min);
    EXPECT_EQ(*parse_duration("1h1m12.3s"), 1h + 1min + 12300ms);
    EXPECT_EQ(*parse_duration("0.5h"), 30min);
    for (auto const* text : {"", "10", "s", "1.s", "5 m", "-1s", "1d", "9999999999s"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Duration, IsShownToPeople) {
    EXPECT_EQ(format_duration(850ms), "850ms");
    EXPECT_EQ(format_duration(12300ms), "12.3s");
    EXPECT_EQ(format_duration(245s), "4m05s");
    EXPECT_EQ(format_duration(2h + 10min), "2h10m");
    EXPECT_EQ(format_duration(49h), "2d1h");
    EXPECT_EQ(format_duration(-5s), "-5.0s");
}

} // namespace
