#include "core/json/codec.hpp"
#include "core/yaml/emit.hpp"
#include "stackfile/payload.hpp"
#include "stackfile/read.hpp"
#include "stackfile/report.hpp"
#include "tests/unit/stackfile/case_file.hpp"
#include "tests/unit/stackfile/fake_world.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <ostream>

namespace kontena::test {

void PrintTo(Case const& one, std::ostream* out) {
    *out << one.file << ":" << one.line << ": " << one.rule;
}

namespace {

class StackFile : public ::testing::TestWithParam<Case> {};

constexpr auto kMainFile = "kontena.yml";

std::string show(core::Issue const& issue) {
    auto const file = issue.file == kMainFile ? "" : issue.file + ":";
    return fmt::format("{}{}:{} {} | {}", file, issue.line, issue.column, issue.path, issue.reason);
}

/// `LINE:COLUMN PATH | part of the reason`
bool matches(core::Issue const& issue, std::string const& expected) {
    auto const bar = expected.find(" | ");
    auto const shown = show(issue);
    return shown.starts_with(expected.substr(0, bar) + " | ") &&
           issue.reason.find(expected.substr(bar + 3)) != std::string::npos;
}

void expect_issues(
    char const* what,
    std::vector<core::Issue> const& found,
    std::vector<std::string> const& expected
) {
    bool same = found.size() == expected.size();
    for (std::size_t i = 0; same && i < found.size(); ++i) same = matches(found[i], expected[i]);
    if (same) return;
    auto text = fmt::format("expected {}:\n", what);
    for (auto const& line : expected) text += "  " + line + "\n";
    text += "found:\n";
    for (auto const& issue : found) text += "  " + show(issue) + "\n";
    ADD_FAILURE() << text;
}

/// Errors and refusals of the stack file in one order, then what is wrong with other files.
std::vector<core::Issue> problems(stackfile::Reading const& reading) {
    std::vector<core::Issue> out;
    std::vector<core::Issue> elsewhere;
    for (auto const& issue : reading.errors)
        (issue.file == kMainFile ? out : elsewhere).push_back(issue);
    std::ranges::copy(reading.refusals, std::back_inserter(out));
    stackfile::sort_by_place(out);
    std::ranges::copy(elsewhere, std::back_inserter(out));
    return out;
}

std::vector<std::string> shown_variables(stackfile::Reading const& reading) {
    std::vector<std::string> out;
    for (auto const& [name, value] : reading.normal->variables)
        out.push_back(name + " = " + json::serialize(to_json(value)));
    return out;
}

std::vector<std::string> shown_writes(stackfile::Reading const& reading) {
    std::vector<std::string> out;
    for (auto const& write : reading.vault_writes) out.push_back(write.name + "=" + write.value);
    return out;
}

/// Each line is `POINTER = JSON`, or `POINTER = absent`.
void expect_json(std::vector<std::string> const& lines, boost::json::value const& json) {
    for (auto const& line : lines) {
        auto const [pointer, text] = split_at(line, " = ");
        boost::system::error_code ec;
        auto const* found = json.find_pointer(pointer, ec);
        if (text == "absent") {
            EXPECT_EQ(found, nullptr) << "at " << pointer << " in\n" << json::pretty(json);
            continue;
        }
        ASSERT_NE(found, nullptr) << "nothing at " << pointer << " in\n" << json::pretty(json);
        EXPECT_EQ(json::serialize(*found), json::serialize(json::parse(text).value())) << pointer;
    }
}

boost::json::array tree_of(std::vector<stackfile::Dependency> const& list) {
    boost::json::array out;
    for (auto const& child : list) {
        boost::json::object made{
            {"name", child.name},
            {"installed_name", child.installed_name},
            {"stack", child.document.reference},
        };
        if (!child.depends.empty()) made["depends"] = tree_of(child.depends);
        out.push_back(std::move(made));
    }
    return out;
}

TEST_P(StackFile, Rule) {
    auto const& one = GetParam();
    SCOPED_TRACE(one.rule);
    FakeWorld world(one);
    stackfile::Input input{
        .text = one.text(),
        .file = kMainFile,
        .reference = "/stacks/kontena.yml",
        .directory = "/stacks",
        .grid = "e2e",
        .outside = &world
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
    expect_issues("errors", problems(reading), one.lines("errors"));
    if (one.has("refused")) expect_issues("refused", reading.refusals, one.lines("refused"));
    expect_issues("warnings", reading.warnings, one.lines("warnings"));
    expect_issues("beyond this version", reading.beyond, one.lines("beyond"));
    EXPECT_EQ(reading.stack.has_value(), reading.errors.empty() && reading.refusals.empty());
    EXPECT_EQ(reading.normal.has_value(), reading.errors.empty());
    for (auto const& [file, times] : world.loaded()) EXPECT_EQ(times, 1) << file;
    if (one.has("document")) EXPECT_EQ(yaml::emit(reading.document), one.section("document"));
    if (one.has("tree")) {
        auto const tree = stackfile::dependency_tree(input);
        EXPECT_TRUE(tree.errors.empty());
        expect_json(one.lines("tree"), tree_of(tree.list));
    }
    if (one.has("questions")) EXPECT_EQ(world.questions(), one.lines("questions"));
    if (one.has("vault")) EXPECT_EQ(shown_writes(reading), one.lines("vault"));
    if (!reading.normal) return;
    if (one.has("variables")) EXPECT_EQ(shown_variables(reading), one.lines("variables"));
    expect_json(one.lines("payload"), stackfile::payload(*reading.normal));
    if (reading.stack) expect_json(one.lines("json"), json::encode(*reading.stack));
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
