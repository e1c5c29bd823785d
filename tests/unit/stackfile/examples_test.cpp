#include "core/base/error.hpp"
#include "stackfile/read.hpp"
#include "tests/unit/stackfile/case_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace kontena::test {
namespace {

std::vector<std::string> examples() {
    std::vector<std::string> out;
    for (auto const& entry : std::filesystem::recursive_directory_iterator("examples/stacks"))
        if (entry.path().extension() == ".yml") out.push_back(entry.path().string());
    std::ranges::sort(out);
    return out;
}

class Example : public ::testing::TestWithParam<std::string> {};

TEST_P(Example, IsValidWithoutWarnings) {
    auto const text = read_file(GetParam());
    EXPECT_TRUE(stackfile::is_stack_file(text));
    auto const reading = stackfile::read({.text = text, .file = GetParam(), .grid = "demo"});
    for (auto const& issue : reading.errors) ADD_FAILURE() << to_string(issue);
    for (auto const& issue : reading.warnings) ADD_FAILURE() << to_string(issue);
    ASSERT_TRUE(reading.stack);
    EXPECT_FALSE(reading.stack->services.empty());
}

INSTANTIATE_TEST_SUITE_P(Stacks, Example, ::testing::ValuesIn(examples()), [](auto const& info) {
    std::string out;
    for (char const c : std::filesystem::path(info.param).parent_path().filename().string())
        out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    return out;
});

TEST(Examples, ThereAreAtLeastFive) { EXPECT_GE(examples().size(), 5U); }

} // namespace
} // namespace kontena::test
