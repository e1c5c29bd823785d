#include "master/features/plan_progress.hpp"
#include "tests/support/world.hpp"

#include <gtest/gtest.h>

namespace kontena::master {
namespace {

using model::InstanceState;
using test::service;
using test::stack;

struct PlanProgress : testing::Test {
    test::World world;

    PlanProgress() {
        world.add_node("n1");
        world.add_node("n2");
    }

    static model::NamedService app(int instances, std::string image = "app:1") {
        auto out = service("app", instances);
        out.spec.image = std::move(image);
        return out;
    }

    ProgressState of(model::Plan const& plan) const { return progress_of(world.state, plan).state; }
};

TEST_F(PlanProgress, counts_what_is_ready_and_names_what_is_not) {
    world.agent = [](model::Assignment const& assignment, model::Observation& seen) {
        if (assignment.number == 2) seen.state = InstanceState::pulling;
    };
    auto const plan = world.apply({stack("s", {app(3)})});
    EXPECT_EQ(of(plan), ProgressState::ongoing);
    world.reconcile();
    world.report();
    world.reconcile();
    auto const half = progress_of(world.state, plan);
    EXPECT_EQ(half.state, ProgressState::ongoing);
    ASSERT_EQ(half.services.size(), 1U);
    EXPECT_EQ(half.services[0].ready, 2);
    EXPECT_EQ(half.services[0].total, 3);
    ASSERT_EQ(half.services[0].instances.size(), 1U);
    EXPECT_EQ(half.services[0].instances[0].number, 2);
    EXPECT_EQ(half.services[0].instances[0].state, InstanceState::pulling);
    EXPECT_EQ(half.services[0].instances[0].node, world.node_of("s/app", 2));
    world.agent = {};
    world.settle();
    EXPECT_EQ(of(plan), ProgressState::converged);
}

TEST_F(PlanProgress, a_failed_deploy_fails_the_plan) {
    world.agent = [](model::Assignment const&, model::Observation& seen) {
        seen.state = InstanceState::failed;
        seen.error = "no such image";
        seen.restarts = reconciler::kCrashLimit;
    };
    auto const plan = world.apply({stack("s", {app(1)})});
    world.settle();
    auto const progress = progress_of(world.state, plan);
    EXPECT_EQ(progress.state, ProgressState::failed);
    ASSERT_EQ(progress.services.size(), 1U);
    EXPECT_NE(progress.services[0].reason.find("no such image"), std::string::npos);
    ASSERT_EQ(progress.services[0].instances.size(), 1U);
    EXPECT_EQ(progress.services[0].instances[0].error, "no such image");
}

TEST_F(PlanProgress, a_newer_plan_takes_over) {
    auto const first = world.apply({stack("s", {app(2)})});
    auto const second = world.apply({stack("s", {app(2, "app:2")})});
    EXPECT_EQ(of(first), ProgressState::superseded);
    world.settle();
    EXPECT_EQ(of(first), ProgressState::superseded);
    EXPECT_EQ(of(second), ProgressState::converged);
}

TEST_F(PlanProgress, a_plan_that_was_carried_out_stays_so) {
    auto const first = world.apply({stack("s", {app(2)})});
    world.settle();
    world.apply({stack("s", {app(3)})});
    EXPECT_EQ(of(first), ProgressState::converged);
}

TEST_F(PlanProgress, a_removal_waits_for_the_containers) {
    world.apply({stack("s", {app(2)})});
    world.settle();
    auto const plan = world.apply({});
    auto const waiting = progress_of(world.state, plan);
    EXPECT_EQ(waiting.state, ProgressState::ongoing);
    world.set_connected(std::string("n2"), false);
    world.report();
    // What is on a node that cannot be asked does not hold it up.
    EXPECT_EQ(of(plan), ProgressState::converged);
    world.apply({stack("s", {app(1)})});
    EXPECT_EQ(of(plan), ProgressState::superseded);
}

TEST_F(PlanProgress, an_empty_plan_is_done) { EXPECT_EQ(of({}), ProgressState::converged); }

} // namespace
} // namespace kontena::master
