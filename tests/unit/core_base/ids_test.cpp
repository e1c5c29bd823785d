#include "core/base/ids.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena::core;

TEST(Ids, ArePathsWithParentLeafAndRoot) {
    auto const service = service_id(stack_id(GridId("prod"), "shop"), "web");
    EXPECT_EQ(service.str(), "prod/shop/web");
    EXPECT_EQ(service.leaf(), "web");
    EXPECT_EQ(service.parent(), "prod/shop");
    EXPECT_EQ(service.root(), "prod");
    EXPECT_EQ(stack_of(service), StackId("prod/shop"));
    EXPECT_EQ(grid_of(service), GridId("prod"));
    auto const instance = instance_id(service, 3);
    EXPECT_EQ(instance.str(), "prod/shop/web/3");
    EXPECT_EQ(service_of(instance), service);
}

TEST(Ids, ARootHasNoParent) {
    GridId const grid("prod");
    EXPECT_EQ(grid.leaf(), "prod");
    EXPECT_EQ(grid.parent(), "");
    EXPECT_TRUE(GridId().empty());
}

TEST(Ids, NamesHaveARule) {
    for (auto const* name : {"a", "web-1", "A_b", "_x", "0"}) EXPECT_TRUE(valid_name(name)) << name;
    for (auto const* name : {"", "-a", "a b", "a/b", "a.b", "\xC3\xA9"})
        EXPECT_FALSE(valid_name(name)) << name;
    EXPECT_TRUE(valid_name(std::string(63, 'x')));
    EXPECT_FALSE(valid_name(std::string(64, 'x')));
}

} // namespace
