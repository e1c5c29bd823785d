#include "core/base/strings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace {

using namespace kontena::core;
using ::testing::ElementsAre;

constexpr std::array<std::string_view, 4> kNames{"environment", "image", "ports", "links"};

TEST(Nearest, FindsATypingErrorAndNothingFarAway) {
    EXPECT_EQ(nearest("enviroment", kNames), "environment");
    EXPECT_EQ(nearest("imge", kNames), "image");
    EXPECT_EQ(nearest("port", kNames), "ports");
    EXPECT_EQ(nearest("iamge", kNames), "image");
    EXPECT_EQ(nearest("xyzzy", kNames), "");
    EXPECT_EQ(nearest("", kNames), "");
    EXPECT_EQ(nearest(std::string(1000, 'x'), kNames), "");
}

TEST(Nearest, ShortNamesMustBeCloseAndLettersMaySwap) {
    constexpr std::array<std::string_view, 4> names{"pid", "web", "tag", "mode"};
    EXPECT_EQ(nearest("cmd", names), "");
    EXPECT_EQ(nearest("a=b", names), "");
    EXPECT_EQ(nearest("nope", names), "");
    EXPECT_EQ(nearest("tga", names), "tag");
    EXPECT_EQ(nearest("wbe", names), "web");
    EXPECT_EQ(nearest("moed", names), "mode");
}

TEST(Nearest, SuggestionIsAClauseOrNothing) {
    EXPECT_EQ(suggestion("imge", kNames), "; did you mean 'image'?");
    EXPECT_EQ(suggestion("xyzzy", kNames), "");
}

TEST(Strings, TrimSplitChoices) {
    EXPECT_EQ(trim("  a b\r\n"), "a b");
    EXPECT_EQ(trim(" \t"), "");
    EXPECT_THAT(split("a::b", ':'), ElementsAre("a", "", "b"));
    EXPECT_THAT(split("", ':'), ElementsAre(""));
    EXPECT_EQ(choices(kNames), "environment, image, ports or links");
}

TEST(Utf8, FindsTheFirstBadByte) {
    EXPECT_EQ(
        find_invalid_utf8("plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"), std::string_view::npos
    );
    EXPECT_EQ(find_invalid_utf8("ab\xFF"), 2U);
    EXPECT_EQ(find_invalid_utf8("\xC3"), 0U);
    EXPECT_EQ(find_invalid_utf8("\xC0\xAF"), 0U);
    EXPECT_EQ(find_invalid_utf8("\xE0\x80\xAF"), 0U);
    EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0U);
    EXPECT_EQ(find_invalid_utf8("a\xF4\x90\x80\x80"), 1U);
    EXPECT_EQ(find_invalid_utf8("\x80"), 0U);
}

TEST(Utf8, CountsCodePoints) {
    EXPECT_EQ(count_code_points("a\xC3\xA9\xE2\x82\xAC"), 3U);
    EXPECT_EQ(count_code_points(""), 0U);
}

} // namespace
