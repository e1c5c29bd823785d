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
using stackfile::Document;

class StackFiles : public ::testing::Test {
protected:
    StackFiles()
        : folder_(fs::temp_directory_path() / ("kontena-files-test-" + std::to_string(getpid()))) {
        fs::create_directories(folder_ / "sub");
        fs::create_directories(folder_ / ".hidden");
        write("b.yml", "stack: b\nservices: {web: {image: a}}\n");
        write("sub/a.yaml", "stack: a\nservices: {web: {image: a}}\n");
        write("other.yml", "something: else\n");
        write("notes.txt", "stack: c\n");
        write(".hidden/c.yml", "stack: c\n");
    }

    ~StackFiles() override { fs::remove_all(folder_); }

    void write(std::string const& name, std::string const& text) {
        fs::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }

    std::string path(std::string const& name) const { return (folder_ / name).string(); }

    std::vector<std::string> names(std::vector<std::string> const& paths) {
        std::istringstream in("stack: from-stdin\n");
        auto const files = gather_stack_files(paths, world_, in);
        std::vector<std::string> out;
        if (!files) return {to_string(files.error())};
        for (auto const& one : *files) out.push_back(fs::path(one.file).filename().string());
        return out;
    }

    Document document(std::string const& name, std::string const& text) const {
        return {text, name, path(name), folder_.string()};
    }

    StackReadings read(std::vector<Document> const& files, Purpose purpose = Purpose::apply) {
        ReadOptions const options{.purpose = purpose, .grid = "g"};
        return read_stacks(files, options, world_, render::Style());
    }

    fs::path folder_;
    std::ostringstream out_;
    std::ostringstream err_;
    std::istringstream in_;
    Terminal terminal_{
        .out = out_,
        .err = err_,
        .in = in_,
        .out_style = render::Style(),
        .err_style = render::Style(),
    };
    EnvLookup env_ = [](std::string_view) { return std::nullopt; };
    Context context_{.terminal = terminal_, .env = env_};
    Workstation world_{context_, nullptr};
};

TEST_F(StackFiles, AFolderGivesItsStackFilesInOrder) {
    EXPECT_EQ(names({folder_.string()}), (std::vector<std::string>{"b.yml", "a.yaml"}));
}

TEST_F(StackFiles, AFolderGivesItsGridFilesToo) {
    write("z.yml", "grid: prod\n");
    EXPECT_EQ(names({folder_.string()}), (std::vector<std::string>{"b.yml", "a.yaml", "z.yml"}));
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
    write("more/x.env", "A=1\n");
    write("more/base.yml", "services: {app: {image: \"base:1\", env_file: x.env, build: .}}\n");
    auto const readings = read({document(
        "kontena.yml", "stack: a\nservices: {web: {extends: {file: more/base.yml, service: app}}}\n"
    )});
    EXPECT_TRUE(readings.errors.empty()) << readings.report;
    ASSERT_EQ(readings.stacks().size(), 1U);
    EXPECT_EQ(readings.stacks()[0].services.at(0).spec.image, "base:1");
    EXPECT_EQ(readings.stacks()[0].services.at(0).spec.env.at(0), "A=1");
}

TEST_F(StackFiles, ErrorsInOtherFilesShowTheirLines) {
    write("base.yml", "services:\n  app: {image: \"base:1\", porst: []}\n");
    auto const readings = read({document(
        "kontena.yml", "stack: a\nservices: {web: {extends: {file: base.yml, service: app}}}\n"
    )});
    EXPECT_NE(readings.report.find("base.yml:2:26: services.app.porst"), std::string::npos)
        << readings.report;
    EXPECT_NE(readings.report.find("    2 |   app: {image"), std::string::npos) << readings.report;
}

TEST_F(StackFiles, WhatIsBeyondThisVersionIsAnErrorOfApplyingOnly) {
    auto const file = document(
        "f.yml",
        "stack: a\nservices:\n  web:\n    image: a\n"
        "    secrets: [{secret: S, name: N, type: env}]\n"
    );
    EXPECT_TRUE(read({file}, Purpose::validate).errors.empty());
    EXPECT_EQ(read({file}, Purpose::validate).warnings.size(), 1U);
    auto const applied = read({file});
    ASSERT_EQ(applied.errors.size(), 1U);
    EXPECT_EQ(applied.errors[0].path, "services.web.secrets");
    EXPECT_EQ(applied.errors[0].line, 5);
}

TEST_F(StackFiles, TheSameStackInTwoFilesIsAnError) {
    auto const readings = read(
        {document("one.yml", "stack: a\nservices: {web: {image: a}}\n"),
         document("two.yml", "stack: b/a\nservices: {web: {image: a}}\n")}
    );
    ASSERT_EQ(readings.errors.size(), 1U);
    EXPECT_EQ(readings.errors[0].file, "two.yml");
    EXPECT_NE(readings.errors[0].reason.find("one.yml"), std::string::npos);
}

TEST_F(StackFiles, DependenciesComeFirst) {
    write("db.yml", "stack: postgres\nservices: {db: {image: db}}\n");
    auto const readings = read({document(
        "shop.yml",
        "stack: shop\ndepends: {db: {stack: db.yml}}\nservices: {web: {image: \"a:${db}\"}}\n"
    )});
    EXPECT_TRUE(readings.errors.empty()) << readings.report;
    ASSERT_EQ(readings.files.size(), 2U);
    EXPECT_EQ(readings.files[0].name, "shop-db");
    EXPECT_EQ(readings.files[1].name, "shop");
    EXPECT_EQ(readings.stacks()[1].services.at(0).spec.image, "a:shop-db");
}

TEST_F(StackFiles, ErrorsAndRefusalsAreInTheOrderOfLines) {
    auto const readings = read({document(
        "f.yml", "stack: a\nservices:\n  web:\n    image: a\n    links: [db]\n    instances: two\n"
    )});
    ASSERT_EQ(readings.errors.size(), 2U);
    EXPECT_EQ(readings.errors[0].path, "services.web.links.0");
    EXPECT_EQ(readings.errors[1].path, "services.web.instances");
}

TEST_F(StackFiles, ValuesOfAFileKeepTheirTypes) {
    write("values.yml", "a: 5\nb: \"5\"\nc: [x, y]\nd:\n");
    auto const values = values_of_file(path("values.yml"));
    ASSERT_TRUE(values);
    EXPECT_EQ(values->at("a"), stackfile::Value(std::int64_t{5}));
    EXPECT_EQ(values->at("b"), stackfile::Value(std::string("5")));
    EXPECT_TRUE(stackfile::is_list(values->at("c")));
    EXPECT_TRUE(stackfile::is_null(values->at("d")));
}

TEST_F(StackFiles, AValuesFileIsAFlatMap) {
    write("list.yml", "- a\n");
    write("deep.yml", "db: {port: 1}\nweb: 2\n");
    EXPECT_FALSE(values_of_file(path("list.yml")));
    auto const deep = values_of_file(path("deep.yml"));
    ASSERT_TRUE(deep) << "a map is the value of no variable, and may be for somebody else";
    EXPECT_EQ(deep->size(), 1U);
    EXPECT_TRUE(deep->contains("web"));
}

TEST(GivenValues, SplitAtTheFirstEqualsSign) {
    auto const values = given_values({"a=b=c", "d", "e="});
    EXPECT_EQ(std::get<std::string>(values.at("a")), "b=c");
    EXPECT_TRUE(stackfile::is_null(values.at("d")));
    EXPECT_EQ(std::get<std::string>(values.at("e")), "");
}

} // namespace
