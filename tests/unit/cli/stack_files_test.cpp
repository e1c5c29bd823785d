#include "cli/commands/stack_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using namespace kontena;
using namespace kontena::cli;

class StackFiles : public ::testing::Test {
protected:
    StackFiles()
        : folder_(fs::temp_directory_path() / ("kontena-files-test-" + std::to_string(getpid()))) {
        fs::create_directories(folder_ / "sub");
        fs::create_directories(folder_ / ".hidden");
        write("b.yml", "stack: b\nservices: {web: {image: a}}\n");
        write("sub/a.yaml", "stack: a\nservices: {web: {image: a}}\n");
        write("other.yml", "grid: x\n");
        write("notes.txt", "stack: c\n");
        write(".hidden/c.yml", "stack: c\n");
    }

    ~StackFiles() override { fs::remove_all(folder_); }

    void write(std::string const& name, std::string const& text) {
        std::ofstream(folder_ / name) << text;
    }

    std::string path(std::string const& name) const { return (folder_ / name).string(); }

    std::vector<std::string> names(std::vector<std::string> const& paths) {
        std::istringstream in("stack: from-stdin\n");
        auto const files = gather_stack_files(paths, in);
        std::vector<std::string> out;
        if (!files) return {to_string(files.error())};
        for (auto const& one : *files) out.push_back(fs::path(one.file).filename().string());
        return out;
    }

    fs::path folder_;
};

TEST_F(StackFiles, AFolderGivesItsStackFilesInOrder) {
    EXPECT_EQ(names({folder_.string()}), (std::vector<std::string>{"b.yml", "a.yaml"}));
}

TEST_F(StackFiles, AFileIsTakenOnceAndStdinToo) {
    EXPECT_EQ(
        names({path("b.yml"), folder_.string(), "-"}),
        (std::vector<std::string>{"b.yml", "a.yaml", "(standard input)"})
    );
}

TEST_F(StackFiles, WhatIsNotThereIsAnError) {
    EXPECT_NE(names({path("none.yml")}).at(0).find("no such file"), std::string::npos);
    fs::remove(path("b.yml"));
    fs::remove(path("sub/a.yaml"));
    EXPECT_NE(names({folder_.string()}).at(0).find("no stack file"), std::string::npos);
}

TEST_F(StackFiles, OtherFilesAreThoseBesideTheStackFile) {
    fs::create_directories(path("more"));
    std::ofstream(path("more/x.env")) << "A=1\n";
    std::ofstream(path("more/base.yml"))
        << "services: {app: {image: \"base:1\", env_file: x.env, build: .}}\n";
    auto const text = "stack: a\nservices: {web: {extends: {file: more/base.yml, service: app}}}\n";
    auto const readings = read_stacks(
        Purpose::apply,
        {{path("kontena.yml"), text}},
        "g",
        "",
        {},
        [](std::string_view) { return std::nullopt; },
        render::Style()
    );
    EXPECT_TRUE(readings.errors.empty()) << readings.report;
    ASSERT_EQ(readings.stacks.size(), 1U);
    EXPECT_EQ(readings.stacks[0].services.at(0).spec.image, "base:1");
    EXPECT_EQ(readings.stacks[0].services.at(0).spec.env.at(0), "A=1");
}

TEST_F(StackFiles, WhatIsBeyondThisVersionIsAnErrorOfApplyingOnly) {
    auto const read = [](Purpose purpose) {
        return read_stacks(
            purpose,
            {{"f.yml",
              "stack: a\nservices:\n  web:\n    image: a\n"
              "    secrets: [{secret: S, name: N, type: env}]\n"}},
            "g",
            "",
            {},
            [](std::string_view) { return std::nullopt; },
            render::Style()
        );
    };
    EXPECT_TRUE(read(Purpose::validate).errors.empty());
    EXPECT_EQ(read(Purpose::validate).warnings.size(), 1U);
    auto const applied = read(Purpose::apply);
    ASSERT_EQ(applied.errors.size(), 1U);
    EXPECT_EQ(applied.errors[0].path, "services.web.secrets");
    EXPECT_EQ(applied.errors[0].line, 5);
}

TEST_F(StackFiles, TheSameStackInTwoFilesIsAnError) {
    auto const readings = read_stacks(
        Purpose::apply,
        {{"one.yml", "stack: a\nservices: {web: {image: a}}\n"},
         {"two.yml", "stack: b/a\nservices: {web: {image: a}}\n"}},
        "g",
        "",
        {},
        [](std::string_view) { return std::nullopt; },
        render::Style()
    );
    ASSERT_EQ(readings.errors.size(), 1U);
    EXPECT_EQ(readings.errors[0].file, "two.yml");
    EXPECT_NE(readings.errors[0].reason.find("one.yml"), std::string::npos);
}

TEST(GivenValues, SplitAtTheFirstEqualsSign) {
    auto const values = given_values({"a=b=c", "d", "e="});
    EXPECT_EQ(std::get<std::string>(values.at("a")), "b=c");
    EXPECT_TRUE(stackfile::is_null(values.at("d")));
    EXPECT_EQ(std::get<std::string>(values.at("e")), "");
}

} // namespace
