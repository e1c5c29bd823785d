#include "master/gitops/render.hpp"

#include <gtest/gtest.h>

namespace kontena::master {
namespace {

TEST(Render, OtherFilesAreThoseOfTheCommit) {
    auto const rendered = render(
        {{"shop/kontena.yml",
          "stack: shop\nservices: {web: {extends: {file: ../base.yml, service: app}}}\n"},
         {"base.yml", "services: {app: {image: \"base:1\"}}\n"}},
        "prod"
    );
    EXPECT_TRUE(rendered.issues.empty());
    ASSERT_EQ(rendered.stacks.size(), 1U);
    EXPECT_EQ(rendered.stacks[0]->services.at(0).spec.image, "base:1");
}

TEST(Render, FilesOutsideOfTheCommitAreNotThere) {
    auto const rendered = render(
        {{"kontena.yml",
          "stack: shop\nservices:\n  a: {extends: {file: ../../etc/base.yml, service: app}}\n"
          "  b: {image: b, env_file: /etc/passwd}\n"}},
        "prod"
    );
    ASSERT_EQ(rendered.issues.size(), 2U);
    EXPECT_NE(rendered.issues[0].reason.find("no such file"), std::string::npos);
    EXPECT_NE(rendered.issues[1].reason.find("/etc/passwd: no such file"), std::string::npos);
    EXPECT_TRUE(rendered.stacks.empty());
}

TEST(Render, WhatThisVersionCannotCarryOutRefusesTheCommit) {
    auto const rendered = render(
        {{"kontena.yml",
          "stack: shop\nservices:\n  web:\n    image: a\n"
          "    hooks: {post_start: [{name: a, cmd: b, instances: 1}]}\n"}},
        "prod"
    );
    ASSERT_EQ(rendered.issues.size(), 1U);
    EXPECT_EQ(rendered.issues[0].path, "services.web.hooks.post_start");
    EXPECT_EQ(rendered.issues[0].file, "kontena.yml");
    EXPECT_EQ(rendered.issues[0].line, 5);
    EXPECT_TRUE(rendered.stacks.empty());
}

TEST(Render, WhatEveryMasterRefusesRefusesTheCommit) {
    auto const rendered = render(
        {{"kontena.yml", "stack: shop\nservices: {web: {image: a, links: [db]}}\n"}}, "prod"
    );
    ASSERT_EQ(rendered.issues.size(), 1U);
    EXPECT_NE(rendered.issues[0].reason.find("missing links: db"), std::string::npos);
    EXPECT_TRUE(rendered.stacks.empty());
}

} // namespace
} // namespace kontena::master
