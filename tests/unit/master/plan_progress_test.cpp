#include "master/control/apply.hpp"
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

    model::Plan kept(model::Plan const& plan) const {
        return *world.state.find<model::Plan>(plan.id);
    }

    model::Plan save(std::vector<model::StackSpec> stacks) {
        auto const prepared = world.plan(std::move(stacks));
        Txn txn(world.state, {});
        put_plan(txn, prepared->plan);
        world.state = txn.state();
        return prepared->plan;
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
    // It was removed, whatever came later.
    EXPECT_EQ(of(plan), ProgressState::converged);
}

TEST_F(PlanProgress, what_happens_again_is_another_plan) {
    auto const first = world.apply({stack("s", {app(1)})});
    world.settle();
    world.advance(core::Seconds(1));
    world.apply({});
    world.settle();
    world.advance(core::Seconds(1));
    auto const again = world.apply({stack("s", {app(1)})});
    EXPECT_EQ(again.hash, first.hash);
    EXPECT_LT(first.id, again.id) << "in the order of time";
    EXPECT_EQ(of(kept(first)), ProgressState::converged) << "also when its deploys are forgotten";
    EXPECT_EQ(of(kept(again)), ProgressState::ongoing);
    world.settle();
    EXPECT_EQ(of(kept(again)), ProgressState::converged);
}

TEST_F(PlanProgress, how_it_came_out_names_the_plan_that_took_over) {
    auto const first = world.apply({stack("s", {app(2)})});
    world.advance(core::Seconds(1));
    auto const second = world.apply({stack("s", {app(2, "app:2")})});
    EXPECT_EQ(kept(first).outcome, model::PlanOutcome::superseded);
    EXPECT_EQ(progress_of(world.state, kept(first)).by, second.id);
    world.settle();
    EXPECT_EQ(kept(second).outcome, model::PlanOutcome::converged);
    world.advance(core::Seconds(1));
    auto const third = world.apply({stack("s", {app(3, "app:3")})});
    world.advance(core::Seconds(1));
    auto const removal = world.apply({});
    EXPECT_EQ(kept(third).outcome, model::PlanOutcome::superseded);
    EXPECT_EQ(kept(third).superseded_by, removal.id);
}

TEST_F(PlanProgress, a_saved_plan_waits_until_it_or_another_one_is_carried_out) {
    auto const saved = save({stack("s", {app(2)})});
    EXPECT_EQ(of(saved), ProgressState::saved);
    world.advance(core::Seconds(1));
    auto const same = world.apply({stack("s", {app(2)})});
    EXPECT_EQ(of(saved), ProgressState::ongoing);
    world.settle();
    auto const done = progress_of(world.state, saved);
    EXPECT_EQ(done.state, ProgressState::converged);
    EXPECT_EQ(done.by, same.id);

    auto const late = save({stack("s", {app(3)})});
    world.advance(core::Seconds(1));
    auto const other = world.apply({stack("s", {app(4)})});
    auto const overtaken = progress_of(world.state, late);
    EXPECT_EQ(overtaken.state, ProgressState::superseded);
    EXPECT_EQ(overtaken.by, other.id);
}

TEST_F(PlanProgress, what_serves_is_counted_while_it_is_replaced) {
    world.apply({stack("s", {app(2)})});
    world.settle();
    auto const plan = world.apply({stack("s", {app(2, "app:2")})});
    auto const progress = progress_of(world.state, plan);
    ASSERT_EQ(progress.services.size(), 1U);
    EXPECT_EQ(progress.services[0].running, 2);
    EXPECT_EQ(progress.services[0].ready, 0);
    EXPECT_EQ(progress.services[0].total, 2);
}

TEST_F(PlanProgress, saved_plans_do_not_drive_out_the_history) {
    auto const first = world.apply({stack("s", {app(1)})});
    for (int i = 0; i < 60; ++i) {
        world.advance(core::Seconds(1));
        save({stack("s", {app(2)})});
    }
    int saved = 0;
    world.state.all<model::Plan>().for_each([&](auto const&, auto const& plan) {
        saved += plan->applied_at ? 0 : 1;
    });
    EXPECT_EQ(saved, 50);
    EXPECT_TRUE(world.state.find<model::Plan>(first.id));
}

TEST_F(PlanProgress, an_empty_plan_is_done) { EXPECT_EQ(of({}), ProgressState::converged); }

} // namespace
} // namespace kontena::master
