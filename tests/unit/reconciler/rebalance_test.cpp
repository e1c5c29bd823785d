#include "tests/support/world.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace kontena::reconciler {
namespace {

using model::ActionKind;
using model::PlacementKind;
using model::Strategy;
using test::service;
using test::stack;
using test::World;
using testing::HasSubstr;
using testing::IsEmpty;

using Counts = std::map<std::string, int>;

std::vector<model::PlannedInstance> moves_of(model::Plan const& plan) {
    std::vector<model::PlannedInstance> out;
    for (auto const& action : plan.actions)
        for (auto const& instance : action.instances)
            if (instance.kind == PlacementKind::move) out.push_back(instance);
    return out;
}

/// All on one node, and then another one joins.
World& crowded(World& world, std::vector<model::NamedService> services) {
    world.add_node("n1", {"az=a"});
    world.apply({stack("shop", std::move(services))});
    world.settle();
    world.add_node("n2", {"az=b"});
    world.settle();
    return world;
}

TEST(Rebalance, GivesANewNodeItsShare) {
    World world;
    crowded(world, {service("web", 4)});
    ASSERT_EQ(world.spread("shop/web"), (Counts{{"n1", 4}}));
    auto const plan = world.rebalance(10);
    ASSERT_EQ(plan.actions.size(), 1U);
    EXPECT_EQ(plan.actions[0].kind, ActionKind::move);
    auto const moves = moves_of(plan);
    ASSERT_EQ(moves.size(), 2U);
    EXPECT_EQ(
        moves[1].explanation.winner, "rebalance: zone a has 4 of its instances, zone b has 0"
    );
    world.settle();
    EXPECT_EQ(world.spread("shop/web"), (Counts{{"n1", 2}, {"n2", 2}}));
    EXPECT_EQ(world.deploy("shop/web").state, model::DeployState::success);
}

TEST(Rebalance, MakesAsManyMovesAsItMay) {
    World world;
    crowded(world, {service("web", 8)});
    EXPECT_EQ(moves_of(world.rebalance(1)).size(), 1U);
    world.settle();
    EXPECT_EQ(world.spread("shop/web"), (Counts{{"n1", 7}, {"n2", 1}}));
}

TEST(Rebalance, ProposesNothingOnceItIsDone) {
    World world;
    crowded(world, {service("web", 5), service("api", 3), service("one", 1)});
    world.rebalance(100);
    world.settle();
    EXPECT_THAT(world.rebalance(100).actions, IsEmpty());
}

TEST(Rebalance, EvensOutServicesOfOneInstance) {
    World world;
    crowded(world, {service("a"), service("b"), service("c"), service("d")});
    auto const moves = moves_of(world.rebalance(10));
    EXPECT_EQ(moves.size(), 2U);
    EXPECT_THAT(moves.at(0).explanation.winner, HasSubstr("n1 carries 12 % of its memory, n2 0 %"));
}

TEST(Rebalance, LeavesStatefulServicesWhereTheirDataIs) {
    World world;
    auto db = service("db", 4);
    db.spec.stateful = true;
    crowded(world, {std::move(db)});
    EXPECT_THAT(world.rebalance(10).actions, IsEmpty());
}

TEST(Rebalance, BreaksNoFilter) {
    World world;
    auto pinned = service("pinned", 4);
    pinned.spec.affinity = {"node==n1"};
    auto port = service("port", 1);
    port.spec.ports = {{.node_port = 80, .container_port = 80}};
    crowded(world, {std::move(pinned), std::move(port)});
    auto const plan = world.rebalance(10);
    for (auto const& action : plan.actions)
        EXPECT_NE(action.service, core::ServiceId("g/shop/pinned"));
    world.settle();
    EXPECT_EQ(world.spread("shop/pinned"), (Counts{{"n1", 4}}));
}

TEST(Rebalance, LeavesWhatOthersWantToBeNear) {
    World world;
    auto near = service("near", 1);
    near.spec.affinity = {"service==cache"};
    crowded(world, {service("cache", 4), std::move(near)});
    for (auto const& move : moves_of(world.rebalance(10))) ADD_FAILURE() << move.node.str();
}

TEST(Rebalance, ManyServicesWithRulesAboutOthersAreNoLongWork) {
    World world;
    for (int i = 0; i < 10; ++i) world.add_node(fmt::format("n{}", i));
    std::vector<model::StackSpec> stacks;
    for (int i = 0; i < 1000; ++i) {
        auto app = service("app", 3);
        app.spec.affinity = {"service!=~cache"};
        stacks.push_back(stack(fmt::format("s{}", i), {std::move(app), service("cache")}));
    }
    world.apply(std::move(stacks));
    world.reconcile();
    auto const began = std::chrono::steady_clock::now();
    world.rebalance(1);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(500));
}

TEST(Rebalance, ManyMovesAreNoLongWork) {
    World world;
    for (int i = 0; i < 50; ++i) world.add_node(fmt::format("n{}", i));
    std::vector<model::StackSpec> stacks;
    for (int i = 0; i < 1000; ++i)
        stacks.push_back(stack(fmt::format("s{}", i), {service("a", 3)}));
    world.apply(std::move(stacks));
    world.settle();
    for (int i = 50; i < 100; ++i) world.add_node(fmt::format("n{}", i));
    auto const began = std::chrono::steady_clock::now();
    EXPECT_EQ(moves_of(world.rebalance(100)).size(), 100U);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
}

TEST(Rebalance, WithoutNodesThereIsNothingToMove) {
    World world;
    world.apply({stack("shop", {service("web", 2)})});
    world.settle();
    EXPECT_THAT(world.rebalance(10).actions, IsEmpty());
}

TEST(Rebalance, LeavesWhatOtherStacksSpeakOf) {
    for (std::string const rule :
         {"service!=shop/cache",
          "service!=/p\\/ca/",
          "container!=shop.cache-1",
          "container!=/cache-\\d/"}) {
        World world;
        world.add_node("n1", {"az=a"});
        auto other = service("other", 1);
        other.spec.affinity = {rule};
        world.apply({stack("other", {other}), stack("shop", {service("cache", 4)})});
        world.settle();
        world.add_node("n2", {"az=b"});
        world.settle();
        for (auto const& action : world.rebalance(10).actions)
            EXPECT_NE(action.service, core::ServiceId("g/shop/cache")) << rule;
    }
}

TEST(Rebalance, CarriesOnNoDeployThatFailed) {
    World world;
    world.agent = [](model::Assignment const&, model::Observation& seen) {
        seen.state = model::InstanceState::failed;
        seen.restarts = kCrashLimit;
    };
    auto web = service("web", 4);
    web.spec.deploy_opts.min_health = 0;
    crowded(world, {std::move(web)});
    ASSERT_EQ(world.deploy("shop/web").state, model::DeployState::error);
    ASSERT_EQ(world.spread("shop/web"), (Counts{{"n1", 4}}));
    EXPECT_THAT(world.rebalance(10).actions, IsEmpty());
}

TEST(Rebalance, GivesNothingToNodesThatAreAway) {
    World world;
    crowded(world, {service("web", 4)});
    world.set_connected("n2", false);
    EXPECT_THAT(world.rebalance(10).actions, IsEmpty());
    world.set_connected("n2", true);
    world.set_availability("n2", model::Availability::drain);
    EXPECT_THAT(world.rebalance(10).actions, IsEmpty());
}

TEST(Rebalance, TakesOneOfTwoDaemonsToTheNodeThatHasNone) {
    World world;
    world.add_node("n1");
    world.add_node("n2");
    world.apply({stack("shop", {service("agent", 1, Strategy::daemon)})});
    world.settle();
    world.set_availability("n2", model::Availability::drain);
    world.settle();
    world.set_availability("n2", model::Availability::active);
    world.settle();
    world.rebalance(10);
    world.settle();
    EXPECT_EQ(world.spread("shop/agent"), (Counts{{"n1", 1}, {"n2", 1}}));
}

TEST(Rebalance, WaitsForServicesThatAreBeingDeployed) {
    World world;
    crowded(world, {service("web", 4)});
    auto changed = service("web", 4);
    changed.spec.image = "web:2";
    world.apply({stack("shop", {std::move(changed)})});
    EXPECT_THAT(world.rebalance(10).actions, IsEmpty());
}

TEST(Rebalance, KeepsMinHealthWhileItMoves) {
    World world;
    auto web = service("web", 4);
    web.spec.deploy_opts.min_health = 1.0;
    crowded(world, {std::move(web)});
    auto const plan = world.rebalance(10);
    EXPECT_EQ(plan.actions.at(0).at_once, 1);
    world.reconcile();
    EXPECT_GE(world.ready("shop/web"), 3) << "one at a time";
    world.settle();
    EXPECT_EQ(world.ready("shop/web"), 4);
}

} // namespace
} // namespace kontena::reconciler
