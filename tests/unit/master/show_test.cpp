#include "master/features/feature.hpp"
#include "tests/support/world.hpp"

#include <boost/json/object.hpp>
#include <gtest/gtest.h>

namespace kontena::master {
namespace {

TEST(Show, what_is_on_a_node_that_is_away_does_not_count_as_running) {
    test::World world;
    world.add_node("n1");
    world.add_node("n2");
    world.apply({test::stack("s", {test::service("web", 2)})});
    world.settle();
    auto const service = world.state.find<model::Service>(core::ServiceId("g/s/web"));
    EXPECT_EQ(show(*service, world.state).at("instance_counts").at("running"), 2);
    world.set_connected("n2", false);
    EXPECT_EQ(show(*service, world.state).at("instance_counts").at("running"), 1);
    EXPECT_EQ(show_instance(world.state, *service, 1).at("error"), "");
    EXPECT_EQ(show_instance(world.state, *service, 2).at("error"), "its node n2 is offline");
}

} // namespace
} // namespace kontena::master
