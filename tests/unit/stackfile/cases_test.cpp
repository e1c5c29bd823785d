#include "core/json/codec.hpp"
#include "stackfile/read.hpp"
#include "tests/unit/stackfile/case_file.hpp"

#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>

namespace kontena::test {

void PrintTo(Case const& one, std::ostream* out) {
    *out << one.file << ":" << one.line << ": " << one.rule;
}

namespace {

class StackFile : public ::testing::TestWithParam<Case> {};

std::string show(core::Issue const& issue) {
    return fmt::format("{}:{} {} | {}", issue.line, issue.column, issue.path, issue.reason);
}

/// `LINE:COLUMN PATH | part of the reason`
bool matches(core::Issue const& issue, std::string const& expected) {
    auto const bar = expected.find(" | ");
    auto const shown = show(issue);
    return shown.starts_with(expected.substr(0, bar) + " | ") &&
           issue.reason.find(expected.substr(bar + 3)) != std::string::npos;
}

void expect_issues(
    std::vector<core::Issue> const& found, std::vector<std::string> const& expected
) {
    bool same = found.size() == expected.size();
    for (std::size_t i = 0; same && i < found.size(); ++i) same = matches(found[i], expected[i]);
    if (same) return;
    std::string text = "expected:\n";
    for (auto const& line : expected) text += "  " + line + "\n";
    text += "found:\n";
    for (auto const& issue : found) text += "  " + show(issue) + "\n";
    ADD_FAILURE() << text;
}

std::pair<std::string, std::string> split_at(std::string const& line, std::string const& mark) {
    auto const at = line.find(mark);
    return {line.substr(0, at), at == std::string::npos ? "" : line.substr(at + mark.size())};
}

TEST_P(StackFile, Rule) {
    auto const& one = GetParam();
    SCOPED_TRACE(one.rule);
    std::map<std::string, std::string> env;
    for (auto const& line : one.lines("env")) env.insert(split_at(line, "="));
    stackfile::Input input{.text = one.text(), .file = "kontena.yml", .grid = "e2e"};
    for (auto const& line : one.lines("values")) input.values.insert(split_at(line, "="));
    for (auto const& line : one.lines("name")) input.stack_name = line;
    input.env = [&](std::string_view name) -> std::optional<std::string> {
        auto const found = env.find(std::string(name));
        return found == env.end() ? std::nullopt : std::optional(found->second);
    };
    auto const reading = stackfile::read(input);
    expect_issues(reading.errors, one.lines("errors"));
    expect_issues(reading.warnings, one.lines("warnings"));
    EXPECT_EQ(reading.stack.has_value(), reading.errors.empty());
    for (auto const& issue : reading.errors) EXPECT_EQ(issue.file, "kontena.yml");
    if (!reading.stack) return;
    auto const json = json::encode(*reading.stack);
    for (auto const& line : one.lines("json")) {
        auto const [pointer, text] = split_at(line, " = ");
        boost::system::error_code ec;
        auto const* found = json.find_pointer(pointer, ec);
        ASSERT_NE(found, nullptr) << "nothing at " << pointer << " in\n" << json::pretty(json);
        EXPECT_EQ(json::serialize(*found), json::serialize(json::parse(text).value())) << pointer;
    }
}

std::string test_name(::testing::TestParamInfo<Case> const& info) {
    auto const& one = info.param;
    auto const slash = one.file.rfind('/') + 1;
    auto out = fmt::format("{}_{}_", one.file.substr(slash, one.file.size() - slash - 5), one.line);
    for (char const c : one.rule) out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    return out;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, StackFile, ::testing::ValuesIn(load_cases("tests/data/stackfile")), test_name
);

} // namespace
} // namespace kontena::test
