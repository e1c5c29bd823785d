#include "master/gitops/apply_revision.hpp"
#include "master/gitops/grid_settings.hpp"
#include "master/gitops/render.hpp"
#include "tests/support/files_tree.hpp"

#include <gtest/gtest.h>

namespace kontena::master {
namespace {

using test::FilesTree;

Rendered render_files(FilesTree::Texts files, std::string grid, FilesTree::Texts others = {}) {
    FilesTree tree(std::move(files), std::move(others));
    auto out = Renderer(std::move(grid)).render(tree);
    EXPECT_TRUE(out) << to_string(out.error());
    return std::move(*out);
}

std::string shown(Rendered const& rendered) {
    std::string out;
    for (auto const* issues : {&rendered.issues, &rendered.warnings})
        for (auto const& issue : *issues) out += to_string(issue) + "\n";
    return out;
}

std::vector<std::string> names(Rendered const& rendered) {
    std::vector<std::string> out;
    for (auto const& stack : rendered.stacks) out.push_back(stack.stack->name);
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
    EXPECT_EQ(rendered.stacks[0].stack->services.at(0).spec.image, "base:1");
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

/// A source of three files, one of which takes a part from a fourth.
FilesTree::Texts three() {
    return {
        {"a.yml", "stack: a\nservices: {web: {extends: {file: lib/base.yml, service: app}}}\n"},
        {"b.yml", "stack: b\nservices: {web: {image: \"b:1\"}}\n"},
        {"c.yml", "not: ours\n"}
    };
}

FilesTree::Texts base(std::string const& image) {
    return {{"lib/base.yml", "services: {app: {image: \"" + image + "\"}}\n"}};
}

class RenderAgain : public ::testing::Test {
protected:
    /// The stacks of the next commit.
    std::vector<Content> commit(FilesTree::Texts files, FilesTree::Texts others) {
        FilesTree tree(std::move(files), std::move(others));
        auto out = renderer_.render(tree);
        EXPECT_TRUE(out && out->issues.empty()) << (out ? shown(*out) : to_string(out.error()));
        read_ = tree.was_read.size();
        return out ? std::move(out->stacks) : std::vector<Content>();
    }

    Renderer renderer_{"prod"};
    std::size_t read_ = 0;
};

TEST_F(RenderAgain, ACommitThatChangesNoFileReadsNone) {
    auto files = three();
    auto const before = commit(files, base("base:1"));
    EXPECT_EQ(renderer_.parsed(), 2);
    auto others = base("base:1");
    others["README.md"] = "new";
    auto const after = commit(files, others);
    EXPECT_EQ(renderer_.parsed(), 0);
    EXPECT_EQ(read_, 0U);
    ASSERT_EQ(after.size(), 2U);
    EXPECT_EQ(after[0].stack, before[0].stack);
}

TEST_F(RenderAgain, OnlyTheChangedFileIsRead) {
    auto files = three();
    auto const before = commit(files, base("base:1"));
    files["b.yml"] = "stack: b\nservices: {web: {image: \"b:2\"}}\n";
    auto const after = commit(files, base("base:1"));
    EXPECT_EQ(renderer_.parsed(), 1);
    ASSERT_EQ(after.size(), 2U);
    EXPECT_EQ(after[0].stack, before[0].stack);
    EXPECT_NE(after[1].digest, before[1].digest);
    EXPECT_EQ(after[1].stack->services.at(0).spec.image, "b:2");
}

TEST_F(RenderAgain, AFileIsReadAgainWhenOneThatItNamesHasChanged) {
    auto files = three();
    commit(files, base("base:1"));
    auto const after = commit(files, base("base:2"));
    EXPECT_EQ(renderer_.parsed(), 1);
    EXPECT_EQ(after.at(0).stack->services.at(0).spec.image, "base:2");
}

TEST_F(RenderAgain, AFileIsReadAgainWhenOneThatItMissedIsThere) {
    FilesTree::Texts const files = {
        {"a.yml", "stack: a\nservices: {web: {image: a, env_file: web.env}}\n"}
    };
    FilesTree without(files);
    auto const broken = renderer_.render(without);
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->issues.size(), 1U);
    auto const after = commit(files, {{"web.env", "A=1\n"}});
    EXPECT_EQ(after.at(0).stack->services.at(0).spec.env.at(0), "A=1");
}

TEST_F(RenderAgain, AStackIsReadAgainWithOtherVariablesOfTheGridFile) {
    FilesTree::Texts files = {
        {"grid.yml", "grid: prod\nstacks: {s: {file: s.yml, variables: {tag: \"1\"}}}\n"},
        {"s.yml",
         "stack: s\nvariables: {tag: {type: string}}\nservices: {web: {image: \"a:${tag}\"}}\n"}
    };
    EXPECT_EQ(commit(files, {}).at(0).stack->services.at(0).spec.image, "a:1");
    files["grid.yml"] = "grid: prod\nstacks: {s: {file: s.yml, variables: {tag: \"2\"}}}\n";
    EXPECT_EQ(commit(files, {}).at(0).stack->services.at(0).spec.image, "a:2");
}

TEST_F(RenderAgain, WhatCouldNotBeReadIsAFailureAndNotRemembered) {
    FilesTree broken(three(), base("base:1"));
    broken.fail_with = core::fail(core::Errc::unavailable, "the disk is broken");
    auto const failed = renderer_.render(broken);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, core::Errc::unavailable);
    auto files = three();
    files.erase("a.yml");
    EXPECT_EQ(commit(files, {}).size(), 1U);
}

TEST_F(RenderAgain, AFileThatWasTooMuchIsReadAgain) {
    FilesTree crowded({{"b.yml", "stack: b\nservices: {web: {image: \"b:1\"}}\n"}});
    crowded.fail_after(1, core::fail(core::Errc::invalid, "is not read: it is too much"));
    auto const refused = renderer_.render(crowded);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->issues.size(), 1U);
    EXPECT_EQ(commit({{"b.yml", "stack: b\nservices: {web: {image: \"b:1\"}}\n"}}, {}).size(), 1U);
    EXPECT_EQ(commit({{"b.yml", "stack: b\nservices: {web: {image: \"b:2\"}}\n"}}, {}).size(), 1U);
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
    EXPECT_EQ(rendered.stacks.at(1).stack->services.at(0).spec.instances, 3);
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
    EXPECT_EQ(rendered.stacks.at(1).stack->services.at(0).spec.env.at(0), "A=1");
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
    auto const name = [](std::optional<model::GridSettings> settings) {
        return make_revision({.source = core::SourceId("prod/s")}, {}, std::move(settings))
            .revision.id;
    };
    model::GridSettings settings;
    auto const without = name(std::nullopt);
    auto const with = name(settings);
    settings.trusted_subnets = std::vector<std::string>{"10.0.0.0/8"};
    EXPECT_NE(without, with);
    EXPECT_NE(with, name(settings));
}

TEST(Exposed, OnlyANewStackMustHaveTheService) {
    model::StackSpec stack{.name = "shop", .stack = "shop"};
    stack.services.push_back({.name = "web"});
    auto const exposing = [&](std::string name) {
        stack.expose = std::move(name);
        return make_revision({.source = core::SourceId("prod/s")}, {content_of(stack)});
    };
    auto const refused = check_exposed(State(), exposing("wbe"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().issues.at(0).path, "expose");
    Txn made(State(), {});
    made.put(model::Stack{.id = core::stack_id(core::GridId("prod"), "shop")});
    EXPECT_TRUE(check_exposed(made.state(), exposing("wbe")));
    EXPECT_TRUE(check_exposed(State(), exposing("web")));
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
