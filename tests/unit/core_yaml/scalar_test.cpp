#include "core/yaml/scalar.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena::yaml;

YamlNode resolved(std::string text) {
    YamlNode node;
    node.text = std::move(text);
    resolve_plain(node);
    return node;
}

TEST(Scalar, NullsAreEmptyTildeAndNull) {
    for (auto const* text : {"", "~", "null", "Null", "NULL"})
        EXPECT_EQ(resolved(text).kind, Kind::null) << text;
    EXPECT_EQ(resolved("nil").kind, Kind::string);
}

TEST(Scalar, BooleansAreWordsInAnyCase) {
    for (auto const* text : {"true", "True", "YES", "on", "On"}) {
        EXPECT_EQ(resolved(text).kind, Kind::boolean) << text;
        EXPECT_TRUE(resolved(text).boolean) << text;
    }
    for (auto const* text : {"false", "No", "OFF"}) {
        EXPECT_EQ(resolved(text).kind, Kind::boolean) << text;
        EXPECT_FALSE(resolved(text).boolean) << text;
    }
    for (auto const* text : {"y", "n", "Y", "yess", "truee"})
        EXPECT_EQ(resolved(text).kind, Kind::string) << text;
}

TEST(Scalar, IntegersHaveBasesAndSeparators) {
    std::pair<char const*, std::int64_t> const cases[] = {
        {"0", 0},
        {"42", 42},
        {"-7", -7},
        {"+7", 7},
        {"010", 8},
        {"0x1F", 31},
        {"0b101", 5},
        {"1_000", 1000},
        {"1,000", 1000},
        {"9223372036854775807", 9223372036854775807},
        {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
    };
    for (auto const& [text, value] : cases) {
        EXPECT_EQ(resolved(text).kind, Kind::integer) << text;
        EXPECT_EQ(resolved(text).integer, value) << text;
    }
}

TEST(Scalar, WhatOnlyLooksLikeANumberIsAString) {
    for (auto const* text : {"22:22",
                             "1:2:3",
                             "2017-01-01",
                             "08",
                             "1_",
                             "_1",
                             "1__0",
                             "0x",
                             "0xg",
                             "-",
                             "+",
                             "1e3",
                             "9223372036854775808",
                             "1.2.3",
                             ".",
                             "-.",
                             "12h",
                             "1.0e",
                             ":sym",
                             "1.e5"})
        EXPECT_EQ(resolved(text).kind, Kind::string) << text;
}

TEST(Scalar, DecimalsHaveAPoint) {
    std::pair<char const*, double> const cases[] = {
        {"1.0", 1.0},
        {"-0.5", -0.5},
        {".5", 0.5},
        {"1.", 1.0},
        {"1_000.5", 1000.5},
        {"1.5e+3", 1500},
        {"2.5E-1", 0.25},
        {"+1.5", 1.5}
    };
    for (auto const& [text, value] : cases) {
        EXPECT_EQ(resolved(text).kind, Kind::real) << text;
        EXPECT_DOUBLE_EQ(resolved(text).real, value) << text;
    }
    EXPECT_EQ(resolved(".inf").kind, Kind::real);
    EXPECT_EQ(resolved(".NaN").kind, Kind::real);
}

TEST(Scalar, CanonicalTextIsWhatItStandsFor) {
    EXPECT_EQ(canonical(resolved("yes")), "true");
    EXPECT_EQ(canonical(resolved("0x10")), "16");
    EXPECT_EQ(canonical(resolved("~")), "");
    EXPECT_EQ(canonical(resolved("1.50")), "1.50");
    EXPECT_EQ(canonical(resolved("text")), "text");
}

} // namespace
