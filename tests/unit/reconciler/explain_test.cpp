#include "reconciler/explain.hpp"
#include "reconciler/gates.hpp"
#include "tests/support/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontena::reconciler {
namespace {

using testing::HasSubstr;

struct Why : testing::Test {
    test::World world;

    Why() {
        world.add_node("n1", {"disk=hdd"});
        world.add_node("n2", {"disk=hdd"});
    }

    void deploy(model::NamedService service) {
        world.apply({test::stack("s", {std::move(service)})});
        world.settle();
    }

    std::vector<InstanceReason> ask() {
        master::GridViews views;
        return explain(*views.at(world.state, world.grid), core::ServiceId("g/s/app"), world.now);
    }
};

TEST_F(Why, what_runs_says_where_and_who_decided) {
    deploy(test::service("app", 2));
    auto const reasons = ask();
    ASSERT_EQ(reasons.size(), 2U);
    EXPECT_TRUE(reasons[0].running);
    EXPECT_EQ(reasons[0].verdict, "runs on n1");
    EXPECT_THAT(reasons[0].explanation.winner, HasSubstr("ha: fewest instances"));
    EXPECT_EQ(reasons[0].cause.kind, model::CauseKind::commit);
}

TEST_F(Why, what_has_no_place_names_who_refused) {
    auto service = test::service("app", 1);
    service.spec.affinity = {"label==disk=ssd"};
    deploy(service);
    auto const reasons = ask();
    ASSERT_EQ(reasons.size(), 1U);
    EXPECT_FALSE(reasons[0].running);
    EXPECT_TRUE(reasons[0].node.empty());
    EXPECT_THAT(reasons[0].verdict, HasSubstr("2 of 2: affinity label==disk=ssd"));
    ASSERT_EQ(reasons[0].explanation.refusals.size(), 1U);
    EXPECT_THAT(reasons[0].explanation.refusals[0].nodes, testing::ElementsAre("n1", "n2"));
}

TEST_F(Why, what_crashes_shows_its_last_lines) {
    world.agent = [](model::Assignment const&, model::Observation& seen) {
        seen.state = model::InstanceState::restarting;
        seen.restarts = kCrashLimit;
        seen.error = "exited with code 1";
        seen.log_tail = {"no database"};
    };
    deploy(test::service("app", 1));
    auto const reasons = ask();
    EXPECT_FALSE(reasons.at(0).running);
    EXPECT_EQ(reasons.at(0).verdict, "exited with code 1");
    EXPECT_THAT(reasons.at(0).log_tail, testing::ElementsAre("no database"));
}

TEST_F(Why, what_moved_says_from_where_and_why) {
    deploy(test::service("app", 1));
    world.set_connected("n1", false);
    world.advance(core::Seconds(200));
    world.settle();
    auto const reasons = ask();
    EXPECT_EQ(reasons.at(0).verdict, "runs on n2");
    EXPECT_THAT(reasons.at(0).cause.detail, HasSubstr("node n1 is offline for"));
}

TEST_F(Why, an_instance_on_a_lost_node_says_so) {
    auto service = test::service("app", 1);
    service.spec.stateful = true;
    deploy(service);
    world.set_connected("n1", false);
    world.advance(core::Seconds(200));
    EXPECT_THAT(ask().at(0).verdict, HasSubstr("its node n1 is offline since 2027-01-15T08:00:00"));
    EXPECT_THAT(ask().at(0).verdict, HasSubstr("(3m20s); it is stateful and waits there"));
}

TEST_F(Why, an_instance_that_will_move_says_when) {
    auto service = test::service("app", 1);
    service.spec.deploy_opts.reschedule_after = 90;
    deploy(service);
    world.set_connected("n1", false);
    world.advance(core::Seconds(30));
    EXPECT_THAT(ask().at(0).verdict, HasSubstr("it moves at 2027-01-15T08:01:30"));
    world.set_connected("n2", false);
    world.advance(core::Seconds(100));
    EXPECT_THAT(ask().at(0).verdict, HasSubstr("it should move, but no node can take it"));
}

TEST_F(Why, of_the_past_nothing_is_tried) {
    auto service = test::service("app", 2);
    service.spec.affinity = {"label==disk=ssd"};
    deploy(service);
    master::GridViews views;
    auto& grid = *views.at(world.state, world.grid);
    auto const reasons = explain_past(grid, core::ServiceId("g/s/app"), world.now);
    ASSERT_EQ(reasons.size(), 2U);
    EXPECT_THAT(reasons[0].verdict, HasSubstr("its deploy has not come to it"));
    EXPECT_EQ(reasons[0].explanation.considered, 0);
}

TEST_F(Why, asking_changes_nothing) {
    deploy(test::service("app", 2));
    master::GridViews views;
    auto& grid = *views.at(world.state, world.grid);
    auto const room = grid.room();
    explain(grid, core::ServiceId("g/s/app"), world.now);
    EXPECT_EQ(grid.room(), room);
    EXPECT_EQ(grid.cluster().slots()[0].services.size(), 1U);
    EXPECT_FALSE(world.reconcile());
}

} // namespace
} // namespace kontena::reconciler
