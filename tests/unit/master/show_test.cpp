#include "master/features/feature.hpp"
#include "master/features/status.hpp"
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

TEST(Show, the_same_words_say_how_deploy_service_and_stack_stand) {
    test::World world;
    world.add_node("n1");
    auto const words = [&] {
        auto const service =
            show(*world.state.find<model::Service>(core::ServiceId("g/s/web")), world.state);
        auto const stack = show(*world.state.find<model::Stack>(core::StackId("g/s")), world.state);
        return fmt::format(
            "{} {} {}",
            std::string_view(service.at("deploy").at("status").as_string()),
            std::string_view(service.at("status").as_string()),
            std::string_view(stack.at("state").as_string())
        );
    };
    auto web = test::service("web", 1);
    web.spec.deploy_opts.on_failure = model::OnFailure::pause;
    world.apply({test::stack("s", {web})});
    EXPECT_EQ(words(), "deploying deploying deploying");
    world.settle();
    EXPECT_EQ(words(), "deployed running running");
    world.set_connected("n1", false);
    EXPECT_EQ(words(), "deployed partially_running partially_running");
    world.set_connected("n1", true);
    world.agent = [](model::Assignment const&, model::Observation& seen) {
        seen.state = model::InstanceState::failed;
        seen.restarts = 9;
    };
    web.spec.image = "registry/app:2";
    world.apply({test::stack("s", {web})});
    world.settle();
    EXPECT_EQ(words(), "failed failed failed");
}

TEST(Show, only_who_is_away_was_last_seen_at_a_time) {
    test::World world;
    auto const id = world.add_node("n1");
    auto node = *world.state.find<model::Node>(id);
    node.connected_at = world.now;
    EXPECT_TRUE(show(node, world.state).at("last_seen_at").is_null());
    node.connected = false;
    node.disconnected_at = world.now + core::Seconds(5);
    EXPECT_EQ(
        show(node, world.state).at("last_seen_at").as_string(),
        core::format_time(*node.disconnected_at)
    );
}

TEST(Find, what_is_not_there_is_named_as_a_person_knows_it) {
    Context context;
    context.path = {{"grid", "g"}, {"stack", "s"}, {"service", "web"}, {"node", "n1"}};
    EXPECT_EQ(service_at({}, context).error().message, "there is no service s/web in grid g");
    EXPECT_EQ(node_at({}, context).error().message, "there is no node n1 in grid g");
    EXPECT_EQ(grid_at({}, context).error().message, "there is no grid g");
}

TEST(Show, a_stack_is_as_its_services_are) {
    EXPECT_EQ(stack_status({}), "initialized");
    EXPECT_EQ(stack_status({"running", "running"}), "running");
    EXPECT_EQ(stack_status({"running", "stopped"}), "partially_running");
    EXPECT_EQ(stack_status({"failed", "running"}), "failed");
    EXPECT_EQ(stack_status({"failed", "deploying"}), "deploying");
}

} // namespace
} // namespace kontena::master
