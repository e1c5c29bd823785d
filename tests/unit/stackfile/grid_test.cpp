#include "core/json/codec.hpp"
#include "stackfile/grid/grid_file.hpp"
#include "tests/unit/stackfile/case_file.hpp"
#include "tests/unit/stackfile/fake_world.hpp"
#include "tests/unit/stackfile/schema.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace kontena::test {
namespace {

using stackfile::grid::is_grid_file;

/// What the schema of grid files cannot say: it is in the reasons of the reader.
constexpr std::array<std::string_view, 3> kBeyondSchema{
    "in a circle",
    "there is no stack",
    "is there twice",
};

std::string shown(core::Issue const& issue) {
    return fmt::format("{}:{} {} | {}", issue.line, issue.column, issue.path, issue.reason);
}

bool matches(core::Issue const& issue, std::string const& expected) {
    auto const bar = expected.find(" | ");
    return shown(issue).starts_with(expected.substr(0, bar + 3)) &&
           issue.reason.find(expected.substr(bar + 3)) != std::string::npos;
}

std::string all(std::vector<core::Issue> const& issues) {
    std::string out;
    for (auto const& issue : issues) out += "  " + shown(issue) + "\n";
    return out;
}

std::string stack_line(stackfile::grid::StackEntry const& entry) {
    boost::json::object variables;
    for (auto const& [name, value] : entry.variables) variables[name] = to_json(value);
    return json::serialize(boost::json::object{
        {"name", entry.name}, {"reference", entry.reference}, {"variables", std::move(variables)}
    });
}

class GridCase : public ::testing::TestWithParam<Case> {};

TEST_P(GridCase, Rule) {
    auto const& one = GetParam();
    SCOPED_TRACE(fmt::format("{}:{}: {}", one.file, one.line, one.rule));
    auto const reading = stackfile::grid::read(one.section("file"), "grid.yml");
    EXPECT_TRUE(std::ranges::equal(reading.errors, one.lines("errors"), matches))
        << all(reading.errors);
    EXPECT_TRUE(std::ranges::equal(reading.warnings, one.lines("warnings"), matches))
        << all(reading.warnings);
    ASSERT_EQ(reading.file.has_value(), reading.errors.empty());
    if (!reading.file) return;
    std::vector<std::string> stacks;
    for (auto const& entry : reading.file->stacks) stacks.push_back(stack_line(entry));
    if (one.has("stacks")) EXPECT_EQ(stacks, one.lines("stacks"));
    auto const settings = json::encode(reading.file->settings);
    for (auto const& line : one.lines("settings")) {
        auto const [pointer, text] = split_at(line, " = ");
        boost::system::error_code ec;
        auto const* found = settings.find_pointer(pointer, ec);
        auto const value = found == nullptr ? "null" : json::serialize(*found);
        EXPECT_EQ(value, json::serialize(json::parse(text).value())) << pointer;
    }
}

TEST_P(GridCase, AgreesWithTheSchema) {
    static Schema const schema("schemas/grid-file.schema.json");
    auto const& one = GetParam();
    auto const reading = stackfile::grid::read(one.section("file"), "grid.yml");
    if (reading.document.is_null()) return;
    auto const refused = std::ranges::any_of(reading.errors, [](core::Issue const& issue) {
        return std::ranges::none_of(kBeyondSchema, [&](auto reason) {
            return issue.reason.find(reason) != std::string::npos;
        });
    });
    EXPECT_EQ(!schema.problems(as_json(reading.document)).empty(), refused) << all(reading.errors);
}

INSTANTIATE_TEST_SUITE_P(
    Cases,
    GridCase,
    ::testing::ValuesIn(load_cases("tests/data/gridfile")),
    [](auto const& info) { return fmt::format("line_{}", info.param.line); }
);

TEST(GridFile, IsOneWithTheKeyAtTheTop) {
    EXPECT_TRUE(is_grid_file("grid: prod\n"));
    EXPECT_TRUE(is_grid_file("# of prod\n---\n\"grid\": prod\nstacks: [\n"));
    EXPECT_TRUE(is_grid_file("{grid: prod}"));
    EXPECT_FALSE(is_grid_file("stack: a\ngrid: prod\n"));
    EXPECT_FALSE(is_grid_file("a:\n  grid: prod\n"));
    EXPECT_FALSE(is_grid_file("grids: prod\n"));
    EXPECT_FALSE(is_grid_file(""));
}

TEST(GridFile, TheExampleIsRight) {
    auto const file = "examples/grids/demo/grid.yml";
    auto const reading = stackfile::grid::read(read_file(file), file);
    EXPECT_TRUE(reading.errors.empty()) << all(reading.errors);
    ASSERT_TRUE(reading.file);
    for (auto const& entry : reading.file->stacks)
        EXPECT_TRUE(
            !entry.is_file || std::filesystem::exists("examples/grids/demo/" + entry.reference)
        ) << entry.reference;
}

} // namespace
} // namespace kontena::test
