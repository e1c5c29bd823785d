#include "core/base/escape.hpp"

#include <gtest/gtest.h>

namespace {

using kontena::core::escaped;
using kontena::core::has_unprintable;

TEST(Escape, QuotesBackslashesAndLineEnds) {
    EXPECT_EQ(escaped("a \"b\" \\ c\n\r\td"), "a \\\"b\\\" \\\\ c\\n\\r\\td");
}

TEST(Escape, WhatDoesNotShow) {
    EXPECT_EQ(escaped(std::string_view("\0\x01\x1b\x7f", 4)), "\\u0000\\u0001\\u001b\\u007f");
    EXPECT_EQ(escaped("\u0080\u0085\u009f"), "\\u0080\\u0085\\u009f");
    EXPECT_EQ(escaped("\u2028\u2029\ufeff\ufffe\uffff"), "\\u2028\\u2029\\ufeff\\ufffe\\uffff");
}

TEST(Escape, OtherTextStaysAsItIs) {
    EXPECT_EQ(
        escaped("é \u00a0\u2027\u202a\ufefe\ufffd\U0001F600"),
        "é \u00a0\u2027\u202a\ufefe\ufffd\U0001F600"
    );
    EXPECT_EQ(escaped("\xC2"), "\xC2");
    EXPECT_EQ(escaped("\xE2\x80"), "\xE2\x80");
}

TEST(Escape, UnprintableIsWhatIsEscapedAsANumberOrEndsALine) {
    EXPECT_TRUE(has_unprintable("a\nb"));
    EXPECT_TRUE(has_unprintable("a\u0085"));
    EXPECT_TRUE(has_unprintable("\u2029"));
    EXPECT_FALSE(has_unprintable("a\t\"\\ é"));
}

} // namespace
