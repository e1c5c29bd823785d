#include "stackfile/compose/convert.hpp"
#include "stackfile/compose/references.hpp"
#include "stackfile/compose/values.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/outside.hpp"
#include "stackfile/read.hpp"
#include "tests/unit/stackfile/case_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace kontena::test {
namespace {

namespace compose = stackfile::compose;

bool matches(core::Issue const& issue, std::string const& expected) {
    auto const bar = expected.find(" | ");
    auto const place = fmt::format("{}:{} {} | ", issue.line, issue.column, issue.path);
    return place == expected.substr(0, bar + 3) &&
           issue.reason.find(expected.substr(bar + 3)) != std::string::npos;
}

std::string all(std::vector<core::Issue> const& issues) {
    std::string out;
    for (auto const& issue : issues) out += "  " + to_string(issue) + "\n";
    return out;
}

/// Where every file is, and is empty.
class EmptyFiles : public stackfile::Outside {
public:
    core::Result<std::string> beside(stackfile::Document const&, std::string const&) override {
        return std::string();
    }
};

/// A master takes the stack file, given values for its variables.
void expect_accepted(compose::Conversion const& made) {
    EmptyFiles files;
    stackfile::Input input{
        .text = made.text, .file = "kontena.yml", .directory = "/x", .outside = &files
    };
    for (auto const& [name, value] : made.examples) input.values.emplace(name, value);
    auto const reading = stackfile::read(input);
    EXPECT_TRUE(reading.errors.empty()) << all(reading.errors) << made.text;
    EXPECT_TRUE(reading.refusals.empty()) << all(reading.refusals) << made.text;
    EXPECT_TRUE(reading.beyond.empty()) << all(reading.beyond) << made.text;
}

class ComposeCase : public ::testing::TestWithParam<Case> {};

TEST_P(ComposeCase, Rule) {
    auto const& one = GetParam();
    SCOPED_TRACE(fmt::format("{}:{}: {}", one.file, one.line, one.rule));
    auto const made =
        compose::convert(one.section("file"), "docker-compose.yml", {.otherwise = "test"});
    EXPECT_TRUE(std::ranges::equal(made.errors, one.lines("errors"), matches)) << all(made.errors);
    EXPECT_TRUE(std::ranges::equal(made.notes, one.lines("notes"), matches)) << all(made.notes);
    EXPECT_EQ(made.text, one.section("stack"));
    EXPECT_EQ(made.text.empty(), !made.errors.empty());
    if (!made.text.empty()) expect_accepted(made);
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    ComposeCase,
    ::testing::ValuesIn(load_cases("tests/data/compose")),
    [](auto const& info) {
        auto const file = std::filesystem::path(info.param.file).stem().string();
        return fmt::format("{}_{}", file, info.param.line);
    }
);

TEST(ComposeValues, AShellLineIsSplitIntoTheSameWords) {
    for (auto const& words : std::vector<std::vector<std::string>>{
             {"a"}, {"a b", "c"}, {"it's", "\"x\"", ""}, {"$x", "\\", "a\nb", "--opt=1"}
         }) {
        auto const line = compose::shell_line(words);
        EXPECT_EQ(stackfile::split_command(line).value(), words) << line;
    }
}

TEST(ComposeValues, ReferencesWithoutAnEndAreNotTranslated) {
    compose::VariableMap variables;
    EXPECT_FALSE(compose::translate("${A", variables));
    EXPECT_FALSE(compose::translate("${}", variables));
    EXPECT_FALSE(compose::translate("${A:-${B}", variables));
    EXPECT_EQ(compose::translate("a$ $(x) $1", variables), "a$ $(x) ${1}");
}

} // namespace
} // namespace kontena::test
