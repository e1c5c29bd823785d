#include "stackfile/read.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena;

stackfile::Reading read(std::string text) {
    return stackfile::read({.text = std::move(text), .file = "f.yml", .grid = "g"});
}

void expect_one_error(std::string text, std::string_view part) {
    auto const reading = read(std::move(text));
    ASSERT_EQ(reading.errors.size(), 1U);
    EXPECT_NE(reading.errors[0].reason.find(part), std::string::npos) << reading.errors[0].reason;
    EXPECT_FALSE(reading.stack);
}

TEST(Limits, AnEmptyFileIsAnError) {
    expect_one_error("", "empty");
    expect_one_error("# nothing\n", "empty");
    expect_one_error("- a\n- b\n", "must be a map");
    expect_one_error("text", "must be a map");
}

TEST(Limits, TooLargeIsAnError) {
    expect_one_error("stack: a\n#" + std::string(1'000'000, 'x'), "at most 1000000");
}

TEST(Limits, TooLargeAfterRenderingIsAnError) {
    expect_one_error(
        "stack: a\n# {% for i in (1..1000) %}\n#" + std::string(2000, 'x') + "\n# {% endfor %}\n",
        "after rendering, the file has 2005012 bytes; at most 1000000"
    );
}

TEST(Limits, TooDeepIsAnError) {
    expect_one_error("stack: " + std::string(300, '[') + std::string(300, ']'), "levels deep");
}

TEST(Limits, EncodingErrorsHaveTheirPlace) {
    auto const reading = read("stack: a\nversion: \xFF\n");
    ASSERT_EQ(reading.errors.size(), 1U);
    EXPECT_EQ(reading.errors[0].line, 2);
    EXPECT_EQ(reading.errors[0].column, 10);
    expect_one_error(std::string("stack: a\0b", 10), "control character");
    expect_one_error("\xFF\xFEs\0t\0", "UTF-16");
}

TEST(Limits, ManyErrorsAreCutOff) {
    std::string text = "stack: a\nservices:\n  web:\n    image: a\n    environment:\n";
    for (int i = 0; i < 5000; ++i)
        text += "      A" + std::to_string(i) + ": $no" + std::to_string(i) + "\n";
    EXPECT_EQ(read(text).errors.size(), 200U);
}

TEST(Limits, WindowsLineEndsAndAByteOrderMarkAreFine) {
    auto const reading = read("\xEF\xBB\xBFstack: a\r\nservices:\r\n  web:\r\n    image: b:1\r\n");
    ASSERT_TRUE(reading.stack);
    EXPECT_EQ(reading.stack->name, "a");
    EXPECT_EQ(reading.stack->services.at(0).spec.image, "b:1");
    EXPECT_EQ(reading.stack->services.at(0).origin.line, 3);
}

TEST(Limits, ColumnsCountCharacters) {
    auto const reading = read("stack: a\nservices: {é: {image: a, bad: 1}}\n");
    ASSERT_EQ(reading.errors.size(), 2U);
    EXPECT_EQ(reading.errors[1].column, 26);
}

} // namespace
