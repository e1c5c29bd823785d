#include "core/json/codec.hpp"
#include "stackfile/read.hpp"
#include "tests/unit/stackfile/case_file.hpp"
#include "tests/unit/stackfile/fake_world.hpp"

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

std::vector<std::string> shown_variables(stackfile::Reading const& reading) {
    std::vector<std::string> out;
    for (auto const& [name, value] : reading.variables)
        out.push_back(name + " = " + json::serialize(to_json(value)));
    return out;
}

std::vector<std::string> shown_writes(stackfile::Reading const& reading) {
    std::vector<std::string> out;
    for (auto const& write : reading.vault_writes) out.push_back(write.name + "=" + write.value);
    return out;
}

TEST_P(StackFile, Rule) {
    auto const& one = GetParam();
    SCOPED_TRACE(one.rule);
    FakeWorld world(one);
    stackfile::Input input{
        .text = one.text(), .file = "kontena.yml", .grid = "e2e", .outside = &world
    };
    for (auto const& line : one.lines("values")) {
        auto const [name, text] = split_at(line, "=");
        input.values[name] = line == name ? stackfile::Value() : stackfile::Value(unescaped(text));
    }
    for (auto const& line : one.lines("defaults")) {
        auto const [name, text] = split_at(line, "=");
        input.defaults[name] = from_json(text);
    }
    for (auto const& line : one.lines("name")) input.stack_name = line;
    for (auto const& line : one.lines("parent")) input.parent_name = line;
    auto const reading = stackfile::read(input);
    expect_issues(reading.errors, one.lines("errors"));
    expect_issues(reading.warnings, one.lines("warnings"));
    EXPECT_EQ(reading.stack.has_value(), reading.errors.empty());
    for (auto const& issue : reading.errors) EXPECT_EQ(issue.file, "kontena.yml");
    if (one.has("questions")) EXPECT_EQ(world.questions(), one.lines("questions"));
    if (one.has("vault")) EXPECT_EQ(shown_writes(reading), one.lines("vault"));
    if (one.has("variables")) EXPECT_EQ(shown_variables(reading), one.lines("variables"));
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
