#include "master/gitops/fetch.hpp"
#include "master/gitops/render.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using namespace kontena::master;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A repository on disk, made with git.
class Fetch : public ::testing::Test {
protected:
    Fetch()
        : folder_(fs::temp_directory_path() / fmt::format("kontena-fetch-test-{}", getpid())) {
        fs::remove_all(folder_);
        fs::create_directories(folder_ / "repo");
    }

    ~Fetch() override { fs::remove_all(folder_); }

    void write(std::string const& name, std::string const& text) {
        auto const path = folder_ / "repo" / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }

    git::FetchReply fetch(std::string const& path) {
        auto const repo = (folder_ / "repo").string();
        auto const command = fmt::format(
            "cd '{}' && git init -q -b main && git add -A && git -c user.name=a -c user.email=a@b "
            "-c commit.gpgsign=false commit -q -m c",
            repo
        );
        EXPECT_EQ(std::system(command.c_str()), 0); // NOLINT(concurrency-mt-unsafe)
        git::FetchRequest request;
        request.repository = (folder_ / "clone").string();
        request.url = "file://" + repo;
        request.ref = "main";
        request.path = path;
        request.grid = "prod";
        return git::fetch_now(request);
    }

    static std::vector<std::string> paths(std::vector<git::File> const& files) {
        std::vector<std::string> out;
        for (auto const& file : files) out.push_back(file.path);
        return out;
    }

    fs::path folder_;
};

TEST_F(Fetch, BringsWhatStackFilesNameAndNothingElse) {
    write(
        "stacks/shop/kontena.yml",
        "stack: shop\ndepends: {db: {stack: ../../lib/db.yml}}\n"
        "services: {web: {image: web, env_file: web.env}}\n"
    );
    write("stacks/shop/web.env", "A=1\n");
    write("stacks/shop/other.env", "B=1\n");
    write("lib/db.yml", "stack: pg\nservices: {db: {extends: {file: base.yml, service: db}}}\n");
    write("lib/base.yml", "services: {db: {image: pg, env_file: ../common.env}}\n");
    write("lib/unused.yml", "stack: unused\nservices: {db: {image: pg}}\n");
    write("common.env", "C=1\n");
    auto const reply = fetch("stacks");
    ASSERT_EQ(reply.error, "");
    EXPECT_THAT(paths(reply.files), ElementsAre("stacks/shop/kontena.yml"));
    EXPECT_THAT(
        paths(reply.others),
        ElementsAre("common.env", "lib/base.yml", "lib/db.yml", "stacks/shop/web.env")
    );
    auto const rendered = render(reply, "prod");
    EXPECT_THAT(rendered.issues, IsEmpty());
    EXPECT_EQ(rendered.stacks.size(), 2U);
}

TEST_F(Fetch, FollowsTheGridFileOfItsGrid) {
    write("prod/grid.yml", "grid: prod\nstacks: {a: {file: ../shared/a.yml}}\n");
    write("prod/test.yml", "grid: test\nstacks: {b: {file: ../shared/b.yml}}\n");
    write("shared/a.yml", "stack: x\nservices: {web: {image: a}}\n");
    write("shared/b.yml", "stack: x\nservices: {web: {image: b}}\n");
    auto const reply = fetch("prod");
    EXPECT_THAT(paths(reply.others), ElementsAre("shared/a.yml"));
    auto const rendered = render(reply, "prod");
    ASSERT_EQ(rendered.stacks.size(), 1U);
    EXPECT_EQ(rendered.stacks[0]->name, "a");
}

TEST_F(Fetch, LinksFoldersAndLargeFilesAreNotRead) {
    write(
        "kontena.yml",
        "stack: shop\nservices:\n  a: {image: a, env_file: link.env}\n"
        "  b: {image: b, env_file: folder}\n  c: {image: c, env_file: large.env}\n"
    );
    write("folder/x", "A=1\n");
    write("large.env", std::string(2UL * 1024 * 1024, '#'));
    fs::create_symlink("/etc/passwd", folder_ / "repo" / "link.env");
    auto const reply = fetch("");
    EXPECT_THAT(reply.others, IsEmpty());
    auto const rendered = render(reply, "prod");
    ASSERT_EQ(rendered.issues.size(), 3U);
    for (auto const& issue : rendered.issues)
        EXPECT_NE(issue.reason.find("no such file"), std::string::npos) << issue.reason;
}

} // namespace
