#include "master/gitops/grid_settings.hpp"
#include "master/gitops/render.hpp"

#include <gtest/gtest.h>

namespace kontena::master {
namespace {

Rendered render_files(
    std::vector<git::File> files, std::string const& grid, std::vector<git::File> others = {}
) {
    git::FetchReply fetched;
    fetched.files = std::move(files);
    fetched.others = std::move(others);
    return master::render(fetched, grid);
}

std::string shown(Rendered const& rendered) {
    std::string out;
    for (auto const* issues : {&rendered.issues, &rendered.warnings})
        for (auto const& issue : *issues) out += to_string(issue) + "\n";
    return out;
}

std::vector<std::string> names(Rendered const& rendered) {
    std::vector<std::string> out;
    for (auto const& stack : rendered.stacks) out.push_back(stack->name);
    return out;
}

TEST(Render, OtherFilesAreThoseOfTheCommit) {
    auto const rendered = render_files(
        {{"shop/kontena.yml",
          "stack: shop\nservices: {web: {extends: {file: ../base.yml, service: app}}}\n"},
         {"base.yml", "services: {app: {image: \"base:1\"}}\n"}},
        "prod"
    );
    EXPECT_TRUE(rendered.issues.empty()) << shown(rendered);
    ASSERT_EQ(rendered.stacks.size(), 1U);
    EXPECT_EQ(rendered.stacks[0]->services.at(0).spec.image, "base:1");
}

TEST(Render, FilesOutsideOfTheCommitAreNotThere) {
    auto const rendered = render_files(
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
    auto const rendered = render_files(
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
    auto const rendered = render_files(
        {{"kontena.yml", "stack: shop\nservices: {web: {image: a, links: [db]}}\n"}}, "prod"
    );
    ASSERT_EQ(rendered.issues.size(), 1U);
    EXPECT_NE(rendered.issues[0].reason.find("missing links: db"), std::string::npos);
    EXPECT_TRUE(rendered.stacks.empty());
}

constexpr auto kShop = "stack: shop\nvariables: {n: {type: integer, default: 1}}\n"
                       "services:\n  web:\n    image: web\n    instances: ${n}\n";

TEST(Render, AGridFileSaysWhichStacksAreInstalled) {
    auto const rendered = render_files(
        {{"prod/grid.yml",
          "grid: prod\ndefault_affinity: [label==az=a]\nstacks:\n"
          "  front: {file: ../shop.yml, variables: {n: 3}, depends_on: [back]}\n"
          "  back: {file: ../shop.yml}\n"},
         {"shop.yml", kShop},
         {"other.yml", "stack: other\nservices: {web: {image: web}}\n"}},
        "prod"
    );
    EXPECT_TRUE(rendered.issues.empty()) << shown(rendered);
    EXPECT_EQ(names(rendered), (std::vector<std::string>{"back", "front"}));
    EXPECT_EQ(rendered.stacks.at(1)->services.at(0).spec.instances, 3);
    ASSERT_TRUE(rendered.settings);
    EXPECT_EQ(rendered.settings->default_affinity, std::vector<std::string>{"label==az=a"});
    EXPECT_EQ(rendered.settings->origin.file, "prod/grid.yml");
}

TEST(Render, AGridFileOfAnotherGridIsLeftAloneBesideOnesOwn) {
    auto const rendered = render_files(
        {{"other.yml", "grid: test\nstacks: {}\n"},
         {"grid.yml", "grid: prod\nstacks:\n  shop: {file: shop.yml}\n"},
         {"shop.yml", kShop}},
        "prod"
    );
    EXPECT_TRUE(rendered.issues.empty()) << shown(rendered);
    ASSERT_EQ(rendered.warnings.size(), 1U);
    EXPECT_EQ(rendered.warnings[0].file, "other.yml");
    EXPECT_EQ(names(rendered), std::vector<std::string>{"shop"});
}

TEST(Render, WhatIsDescribedForOtherGridsOnlyIsNotInstalledHere) {
    auto const rendered =
        render_files({{"grid.yml", "grid: test\nstacks: {}\n"}, {"shop.yml", kShop}}, "prod");
    ASSERT_EQ(rendered.issues.size(), 1U) << shown(rendered);
    EXPECT_EQ(rendered.issues[0].file, "grid.yml");
    EXPECT_TRUE(rendered.stacks.empty());
}

TEST(Render, OneGridHasOneGridFile) {
    auto const rendered = render_files(
        {{"a.yml", "grid: prod\nstacks: {}\n"}, {"b.yml", "grid: prod\nstacks: {}\n"}}, "prod"
    );
    ASSERT_EQ(rendered.issues.size(), 1U);
    EXPECT_EQ(rendered.issues[0].file, "b.yml");
    EXPECT_NE(rendered.issues[0].reason.find("a.yml"), std::string::npos);
}

TEST(Render, AStackFileThatAGridFileNamesMustBeThere) {
    auto const rendered =
        render_files({{"grid.yml", "grid: prod\nstacks:\n  shop: {file: shop.yml}\n"}}, "prod");
    ASSERT_EQ(rendered.issues.size(), 1U);
    EXPECT_EQ(rendered.issues[0].path, "stacks.shop.file");
    EXPECT_EQ(rendered.issues[0].line, 3);
    EXPECT_NE(rendered.issues[0].reason.find("no such file"), std::string::npos);
}

TEST(Render, DependenciesAreInstalledToo) {
    auto const rendered = render_files(
        {{"shop/kontena.yml",
          "stack: shop\ndepends: {db: {stack: ../lib/db.yml}}\nservices: {web: {image: web}}\n"}},
        "prod",
        {{"lib/db.yml", "stack: pg\nservices: {db: {image: pg, env_file: db.env}}\n"},
         {"lib/db.env", "A=1\n"}}
    );
    EXPECT_TRUE(rendered.issues.empty()) << shown(rendered);
    EXPECT_EQ(names(rendered), (std::vector<std::string>{"shop", "shop-db"}));
    EXPECT_EQ(rendered.stacks.at(1)->services.at(0).spec.env.at(0), "A=1");
}

TEST(Render, OnlyFilesOfTheRepositoryAreRead) {
    auto const rendered = render_files(
        {{"kontena.yml",
          "stack: shop\ndepends: {db: {stack: \"https://example.com/db.yml\"}}\n"
          "services: {web: {image: web}}\n"}},
        "prod"
    );
    ASSERT_EQ(rendered.issues.size(), 1U);
    EXPECT_NE(rendered.issues[0].reason.find("its repository only"), std::string::npos);
}

TEST(Render, TheSettingsAreInTheNameOfTheRevision) {
    core::SourceId const source("prod/s");
    model::GridSettings settings;
    auto const without = revision_id(source, "c", {});
    auto const with = revision_id(source, "c", {}, settings);
    settings.trusted_subnets = std::vector<std::string>{"10.0.0.0/8"};
    EXPECT_NE(without, with);
    EXPECT_NE(with, revision_id(source, "c", {}, settings));
}

TEST(GridSettings, AffinityAndSubnetsAreAppliedAndTheRestIsHeldAgainstTheGrid) {
    model::Grid grid{.id = core::GridId("prod"), .name = "prod"};
    Txn made(State(), {});
    made.put(grid);
    auto const head = made.state();
    model::Revision revision{.source = core::SourceId("prod/s")};
    revision.settings = model::GridSettings{
        .initial_size = 1,
        .trusted_subnets = std::vector<std::string>{"10.0.0.0/8"},
        .origin = {"grid.yml", 1}
    };
    ASSERT_TRUE(check_settings(head, revision));
    Txn txn(head, {});
    apply_settings(txn, revision, core::TimePoint{});
    auto const next = txn.state().find<model::Grid>(grid.id);
    EXPECT_EQ(next->trusted_subnets, std::vector<std::string>{"10.0.0.0/8"});
    revision.settings->subnet = "10.99.0.0/16";
    auto const refused = check_settings(head, revision);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().issues.at(0).path, "subnet");
    EXPECT_EQ(refused.error().issues.at(0).file, "grid.yml");
}

} // namespace
} // namespace kontena::master
