#include "core/sys/log.hpp"

#include <gtest/gtest.h>

namespace kontena::sys::log {
namespace {

TEST(LogLine, QuotesOnlyWhatNeedsIt) {
    EXPECT_EQ(
        format_line(
            "T",
            Level::warn,
            "agents",
            "node lost",
            {{"node", "g/n1"}, {"why", "no answer"}, {"n", 3}},
            false
        ),
        "T warn  agents: node lost node=g/n1 why=\"no answer\" n=3"
    );
}

TEST(LogLine, StaysOnOneLineWhateverAValueHolds) {
    EXPECT_EQ(
        format_line("T", Level::info, "a", "m", {{"x", "1\nT error a: forged"}}, false),
        "T info  a: m x=\"1\\nT error a: forged\""
    );
}

TEST(LogLine, IsJsonByOption) {
    EXPECT_EQ(
        format_line("T", Level::error, "a", "m", {{"s", "q\"\x01"}, {"n", 1.5}, {"b", true}}, true),
        "{\"time\":\"T\",\"level\":\"error\",\"area\":\"a\",\"message\":\"m\",\"s\":"
        "\"q\\\"\\u0001\",\"n\":1.5,"
        "\"b\":true}"
    );
}

} // namespace
} // namespace kontena::sys::log
