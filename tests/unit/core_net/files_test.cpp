#include "core/sys/files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kontena::sys {
namespace {

class Files : public testing::Test {
protected:
    Files()
        : folder_(make()) {}

    ~Files() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_;

private:
    static std::filesystem::path make() {
        auto name = (std::filesystem::temp_directory_path() / "kontena-files.XXXXXX").string();
        return ::mkdtemp(name.data());
    }
};

TEST_F(Files, AWriteReplacesTheWholeFileAndSetsItsMode) {
    auto const path = folder_ / "deep" / "state.json";
    ASSERT_TRUE(write_file(path, "a long first content", 0600));
    ASSERT_TRUE(write_file(path, "short", 0640));
    EXPECT_EQ(read_file(path).value(), "short");
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0640U);
    EXPECT_EQ(list_directory(folder_ / "deep").value(), std::vector<std::string>{"state.json"})
        << "nothing is left over";
}

TEST_F(Files, OnlyFilesAreRead) {
    auto const pipe = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(read_file(pipe).error().message, pipe.string() + ": is a pipe, not a file");
    EXPECT_EQ(read_file(folder_).error().message, folder_.string() + ": is a folder, not a file");
    EXPECT_EQ(read_file("/dev/zero").error().message, "/dev/zero: is a device, not a file");
    EXPECT_EQ(read_file("/dev/null").value(), "");
}

TEST_F(Files, WhatTheShellHandsOverIsRead) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], "text", 4), 4);
    ::close(ends[1]);
    EXPECT_EQ(read_file("/dev/fd/" + std::to_string(ends[0])).value(), "text");
    ::close(ends[0]);
}

TEST_F(Files, ReadingIsBounded) {
    auto const path = folder_ / "big";
    ASSERT_TRUE(write_file(path, std::string(100'000, 'x')));
    EXPECT_EQ(read_file(path, 100'000)->size(), 100'000U);
    EXPECT_EQ(read_file(path, 99'999).error().code, core::Errc::invalid);
    EXPECT_EQ(read_file(folder_ / "none").error().code, core::Errc::not_found);
}

TEST_F(Files, ListsSortedAndForgivesWhatIsNotThere) {
    ASSERT_TRUE(write_file(folder_ / "b", ""));
    ASSERT_TRUE(write_file(folder_ / "a", ""));
    EXPECT_EQ(list_directory(folder_).value(), (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(list_directory(folder_ / "none")->empty());
    EXPECT_TRUE(remove_file(folder_ / "a"));
    EXPECT_TRUE(remove_file(folder_ / "a"));
    EXPECT_EQ(list_directory(folder_)->size(), 1U);
}

} // namespace
} // namespace kontena::sys
