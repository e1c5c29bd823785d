#include "stackfile/read.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena;
using namespace kontena::stackfile;

/// Asking anything but for a file is a failure.
class Registry : public Outside {
public:
    std::optional<std::string> env(std::string_view name) override {
        ADD_FAILURE() << "asked for " << name;
        return std::nullopt;
    }

    core::Result<Value> ask(Question const& question) override {
        ADD_FAILURE() << "asked for " << question.variable;
        return Value{};
    }

    core::Result<Document> load(Document const&, std::string const& reference) override {
        auto const child = reference == "redis" ? "depends: {monitor: {stack: monitor}}\n" : "";
        return Document{
            "stack: acme/" + reference + "\n" + child +
                "variables: {v: {type: string, from: prompt}}\n"
                "services: {web: {image: \"a:$v\"}}\n",
            reference + ".yml",
            "/registry/" + reference,
            "/registry"
        };
    }
};

Input parent(Outside& outside) {
    return {
        .text = "stack: acme/app\n"
                "variables: {secret: {type: string, from: prompt}}\n"
                "depends:\n"
                "  cache:\n"
                "    stack: redis\n"
                "    variables: {port: 6379, flag: true, none: null, list: [a, 1], v: from file}\n"
                "services: {web: {image: \"a:$secret\"}}\n",
        .file = "kontena.yml",
        .reference = "/app/kontena.yml",
        .grid = "g",
        .outside = &outside
    };
}

TEST(Dependencies, TheTreeNeedsNoVariables) {
    Registry outside;
    auto const tree = dependency_tree(parent(outside));
    EXPECT_TRUE(tree.errors.empty());
    ASSERT_EQ(tree.list.size(), 1U);
    EXPECT_EQ(tree.list[0].installed_name, "app-cache");
    EXPECT_EQ(tree.list[0].document.reference, "/registry/redis");
    ASSERT_EQ(tree.list[0].depends.size(), 1U);
    EXPECT_EQ(tree.list[0].depends[0].installed_name, "app-cache-monitor");
}

TEST(Dependencies, ValuesOfTheFileComeFirstAndGivenOnesWin) {
    Registry outside;
    auto input = parent(outside);
    input.values = {
        {"cache.v", Value("given")},
        {"cache.monitor.port", Value("1")},
        {"cachex.v", Value("other")},
        {"v", Value("own")}
    };
    auto const tree = dependency_tree(input);
    auto const child = dependency_input(input, tree.list.at(0));
    std::map<std::string, Value> const expected{
        {"port", Value("6379")},
        {"flag", Value("true")},
        {"none", Value()},
        {"list", Value(List{Value("a"), Value(std::int64_t{1})})},
        {"v", Value("given")},
        {"monitor.port", Value("1")}
    };
    EXPECT_EQ(child.values, expected);
    auto const grandchild = dependency_input(child, tree.list[0].depends.at(0));
    EXPECT_EQ(grandchild.values, (std::map<std::string, Value>{{"port", Value("1")}}));
}

TEST(Dependencies, AChildIsReadUnderItsOwnName) {
    Registry outside;
    auto const input = parent(outside);
    auto const tree = dependency_tree(input);
    auto const child = dependency_input(input, tree.list.at(0));
    EXPECT_EQ(child.stack_name, "app-cache");
    EXPECT_EQ(child.parent_name, "app");
    EXPECT_EQ(child.file, "redis.yml");
    EXPECT_EQ(child.directory, "/registry");
    EXPECT_EQ(dependency_input(child, tree.list[0].depends.at(0)).parent_name, "app-cache");
}

TEST(Dependencies, ErrorsOfTheTreeAreThoseOfTheFiles) {
    Outside nothing;
    auto const tree = dependency_tree(parent(nothing));
    ASSERT_EQ(tree.errors.size(), 1U);
    EXPECT_EQ(tree.errors[0].path, "depends.cache.stack");
    EXPECT_EQ(tree.errors[0].line, 5);
    EXPECT_FALSE(dependency_tree({.text = "- a", .file = "f"}).errors.empty());
}

} // namespace
