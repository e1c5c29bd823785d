#include "master/gitops/clone.hpp"
#include "master/gitops/fetch.hpp"
#include "master/gitops/libgit2.hpp"
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

    /// Commits what was written and brings the clone there.
    git::FetchReply fetch() {
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
        auto reply = git::fetch_now(request);
        EXPECT_EQ(reply.error, "");
        return reply;
    }

    std::unique_ptr<git::Tree> commit(std::string const& path) {
        auto tree = git::open_tree((folder_ / "clone").string(), fetch().commit, path, folders_);
        EXPECT_TRUE(tree) << to_string(tree.error());
        return std::move(*tree);
    }

    static std::vector<std::string> paths(git::Tree& tree) {
        std::vector<std::string> out;
        auto const files = tree.files();
        for (auto const& file : *files) out.push_back(file.path);
        return out;
    }

    fs::path folder_;
    git::Folders folders_;
};

TEST_F(Fetch, ReadsTheFilesOfTheSourceAndWhatTheyName) {
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
    auto const tree = commit("/stacks/");
    EXPECT_THAT(paths(*tree), ElementsAre("stacks/shop/kontena.yml"));
    auto const rendered = Renderer("prod").render(*tree);
    ASSERT_TRUE(rendered);
    EXPECT_THAT(rendered->issues, IsEmpty());
    EXPECT_EQ(rendered->stacks.size(), 2U);
}

TEST_F(Fetch, FilesAreFoundAnywhereInTheTreeByWhatGitCallsTheirContent) {
    write("stacks/kontena.yml", "stack: a\nservices: {web: {image: a}}\n");
    write("stacks/.hidden/kontena.yml", "stack: b\nservices: {web: {image: a}}\n");
    write("other/text", "hello");
    auto const tree = commit("stacks");
    EXPECT_THAT(paths(*tree), ElementsAre("stacks/kontena.yml"));
    auto const id = tree->find("other/text");
    ASSERT_TRUE(id);
    EXPECT_EQ(*id, git::blob_id("hello"));
    EXPECT_EQ(tree->read(*id).value(), "hello");
    EXPECT_FALSE(tree->find("other"));
    EXPECT_FALSE(tree->find("../other/text"));
}

TEST_F(Fetch, AFileThatIsReadTwiceCountsOnce) {
    constexpr int kFiles = 40; // of almost a megabyte each, of the 64 that a commit may have
    for (int i = 0; i < kFiles; ++i)
        write(
            fmt::format("{}.yml", i), fmt::format("# {}\n", i) + std::string(1'000'000, ' ') + "\n"
        );
    auto const tree = commit("");
    auto const files = tree->files().value();
    ASSERT_EQ(files.size(), std::size_t(kFiles));
    for (int round = 0; round < 2; ++round)
        for (auto const& file : files) ASSERT_TRUE(tree->read(file.id)) << file.path;
}

TEST_F(Fetch, FoldersAreRememberedFromCommitToCommit) {
    write("a/kontena.yml", "stack: a\nservices: {web: {image: a}}\n");
    write("b/kontena.yml", "stack: b\nservices: {web: {image: a}}\n");
    EXPECT_THAT(paths(*commit("")), ElementsAre("a/kontena.yml", "b/kontena.yml"));
    write("b/more.yml", "stack: c\nservices: {web: {image: a}}\n");
    fs::remove_all(folder_ / "repo/a");
    EXPECT_THAT(paths(*commit("")), ElementsAre("b/kontena.yml", "b/more.yml"));
}

TEST_F(Fetch, AFolderThatIsNotThereIsTheFaultOfTheSource) {
    write("stacks/kontena.yml", "stack: a\nservices: {web: {image: a}}\n");
    auto const tree =
        git::open_tree((folder_ / "clone").string(), fetch().commit, "stack", folders_);
    ASSERT_FALSE(tree);
    EXPECT_EQ(tree.error().code, kontena::core::Errc::invalid);
    EXPECT_EQ(tree.error().message, "the repository has no folder 'stack'");
}

TEST_F(Fetch, FollowsTheGridFileOfItsGrid) {
    write("prod/grid.yml", "grid: prod\nstacks: {a: {file: ../shared/a.yml}}\n");
    write("prod/test.yml", "grid: test\nstacks: {b: {file: ../shared/b.yml}}\n");
    write("shared/a.yml", "stack: x\nservices: {web: {image: a}}\n");
    write("shared/b.yml", "stack: x\nservices: {web: {image: b}}\n");
    auto const tree = commit("prod");
    auto const rendered = Renderer("prod").render(*tree);
    ASSERT_TRUE(rendered);
    ASSERT_EQ(rendered->stacks.size(), 1U);
    EXPECT_EQ(rendered->stacks[0].stack->name, "a");
}

TEST_F(Fetch, APathThatIsNotThereIsCalledThat) {
    git::FetchRequest request{.repository = (folder_ / "clone").string(), .ref = "main"};
    for (std::string const scheme : {"", "file://"}) {
        request.url = scheme + (folder_ / "gone").string();
        EXPECT_EQ(
            git::fetch_now(request).error,
            fmt::format(
                "cannot reach {}: there is no {} on the master's machine",
                request.url,
                (folder_ / "gone").string()
            )
        );
    }
}

TEST(SourceUrl, HasAKnownForm) {
    for (auto const* good :
         {"https://h/x.git", "http://h/x", "ssh://git@h/x", "git@h:x.git", "file:///x", "/srv/x"})
        EXPECT_TRUE(git::understands(good)) << good;
    for (auto const* bad : {"", "foo://x", "x.git", "./x", "-oProxyCommand=x:y"})
        EXPECT_FALSE(git::understands(bad)) << bad;
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
    auto const tree = commit("");
    auto const rendered = Renderer("prod").render(*tree);
    ASSERT_TRUE(rendered);
    ASSERT_EQ(rendered->issues.size(), 3U);
    EXPECT_EQ(rendered->issues[0].reason, "link.env is a link, not a file");
    EXPECT_EQ(rendered->issues[1].reason, "folder is a folder, not a file");
    EXPECT_EQ(rendered->issues[2].reason, "large.env is larger than 1024 KB");
}

} // namespace
