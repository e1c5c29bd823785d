#include "reconciler/rollout.hpp"

#include "tests/support/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontena::reconciler {
namespace {

using model::DeployState;
using model::InstanceState;
using testing::HasSubstr;

TEST(Budget, is_exact) {
    EXPECT_EQ(unavailable_budget(10, 0.8), 2);
    EXPECT_EQ(unavailable_budget(5, 0.8), 1);
    EXPECT_EQ(unavailable_budget(20, 0.8), 4);
    EXPECT_EQ(unavailable_budget(100, 0.8), 20);
    EXPECT_EQ(unavailable_budget(3, 1.0), 1);
    EXPECT_EQ(unavailable_budget(3, 0.0), 3);
    EXPECT_EQ(unavailable_budget(0, 0.5), 1);
}

struct Rollout : testing::Test {
    test::World world;

    Rollout() {
        for (auto const* name : {"n1", "n2", "n3"}) world.add_node(name);
    }

    void deploy(model::NamedService service) {
        world.apply({test::stack("s", {std::move(service)})});
        world.settle();
    }

    static model::NamedService app(int instances, std::string image, double min_health = 0.8) {
        auto out = test::service("app", instances);
        out.spec.image = std::move(image);
        out.spec.deploy_opts.min_health = min_health;
        return out;
    }
};

TEST_F(Rollout, a_new_service_starts_all_instances_at_once) {
    world.apply({test::stack("s", {app(6, "a:1")})});
    world.reconcile();
    EXPECT_EQ(world.numbers("s/app").size(), 6U);
    EXPECT_EQ(world.deploy("s/app").state, DeployState::ongoing);
    world.settle();
    EXPECT_EQ(world.deploy("s/app").state, DeployState::success);
}

TEST_F(Rollout, a_change_never_goes_below_min_health) {
    deploy(app(10, "a:1", 0.7));
    world.apply({test::stack("s", {app(10, "a:2", 0.7)})});
    int rounds = 0;
    while (world.deploy("s/app").state != DeployState::success && ++rounds < 50) {
        world.reconcile();
        EXPECT_GE(world.ready("s/app"), 7);
        world.report();
    }
    EXPECT_GE(rounds, 4);
    EXPECT_EQ(world.deploy("s/app").state, DeployState::success);
}

TEST_F(Rollout, scaling_down_takes_the_highest_numbers_and_keeps_the_others) {
    deploy(app(5, "a:1"));
    auto const first = world.node_of("s/app", 1);
    deploy(app(2, "a:1"));
    EXPECT_EQ(world.numbers("s/app"), (std::vector{1, 2}));
    EXPECT_EQ(world.node_of("s/app", 1), first);
    EXPECT_EQ(world.state.find<model::Service>(core::ServiceId("g/s/app"))->current().number, 1);
}

TEST_F(Rollout, a_crash_loop_fails_the_deploy_and_stops_it) {
    deploy(app(4, "a:1"));
    world.agent = [](model::Assignment const& assignment, model::Observation& seen) {
        if (assignment.revision != 2) return;
        seen.state = InstanceState::restarting;
        seen.restarts = 3;
        seen.exit_code = 3;
        seen.error = "exited with code 3";
    };
    deploy(app(4, "a:2"));
    auto const failed = world.deploy("s/app");
    EXPECT_EQ(failed.state, DeployState::error);
    EXPECT_THAT(failed.reason, HasSubstr("s/app-1"));
    EXPECT_THAT(failed.reason, HasSubstr("exited with code 3"));
    EXPECT_EQ(world.ready("s/app"), 3) << "the others still run the old revision";
}

TEST_F(Rollout, what_an_agent_says_about_the_old_revision_does_not_fail_the_new_one) {
    world.agent = [](model::Assignment const& assignment, model::Observation& seen) {
        if (assignment.revision != 1) return;
        seen.state = InstanceState::restarting;
        seen.restarts = 9;
    };
    deploy(app(2, "a:1"));
    EXPECT_EQ(world.deploy("s/app").state, DeployState::error);
    deploy(app(2, "a:2"));
    EXPECT_EQ(world.deploy("s/app").state, DeployState::success);
}

TEST_F(Rollout, an_instance_that_never_gets_ready_fails_at_the_deadline) {
    world.agent = [](model::Assignment const&, model::Observation& seen) { seen.state = InstanceState::starting; };
    deploy(app(1, "a:1"));
    EXPECT_EQ(world.deploy("s/app").state, DeployState::ongoing);
    world.advance(kInstanceDeadline + core::Seconds(1));
    world.settle();
    EXPECT_EQ(world.deploy("s/app").state, DeployState::error);
    EXPECT_THAT(world.deploy("s/app").reason, HasSubstr("not ready after 5m00s"));
}

TEST_F(Rollout, a_failed_deploy_is_tried_again_on_demand_only) {
    bool broken = true;
    world.agent = [&](model::Assignment const&, model::Observation& seen) {
        if (!broken) return;
        seen.state = InstanceState::failed;
        seen.restarts = 3;
        seen.error = "no such image";
    };
    deploy(app(1, "a:1"));
    EXPECT_THAT(world.deploy("s/app").reason, HasSubstr("no such image"));
    broken = false;
    auto const plan = world.apply({test::stack("s", {app(1, "a:1")})});
    ASSERT_EQ(plan.actions.size(), 1U);
    EXPECT_THAT(plan.actions[0].reason, HasSubstr("last deploy failed"));
    world.settle();
    EXPECT_EQ(world.deploy("s/app").state, DeployState::success);
}

TEST_F(Rollout, a_newer_change_supersedes_an_unfinished_deploy) {
    world.agent = [](model::Assignment const& assignment, model::Observation& seen) {
        if (assignment.revision == 1) seen.state = InstanceState::starting;
    };
    deploy(app(2, "a:1"));
    world.apply({test::stack("s", {app(2, "a:2")})});
    auto const old = world.state.find<model::Deploy>(model::deploy_id(core::ServiceId("g/s/app"), 1));
    EXPECT_EQ(old->state, DeployState::error);
    EXPECT_EQ(old->reason, "superseded by deploy 2");
    world.settle();
    EXPECT_EQ(world.deploy("s/app").state, DeployState::success);
}

TEST_F(Rollout, a_service_waits_for_what_it_links_to) {
    auto db = test::service("db");
    auto web = test::service("web");
    web.spec.links = {{"db", "db"}};
    bool db_ready = false;
    world.agent = [&](model::Assignment const& assignment, model::Observation& seen) {
        if (assignment.id.str().find("/db/") != std::string::npos && !db_ready) seen.state = InstanceState::starting;
    };
    world.apply({test::stack("s", {web, db})});
    world.settle();
    EXPECT_TRUE(world.numbers("s/web").empty());
    EXPECT_EQ(world.deploy("s/web").reason, "waits for s/db");
    db_ready = true;
    world.report();
    world.settle();
    EXPECT_EQ(world.deploy("s/web").state, DeployState::success);
}

TEST_F(Rollout, a_returning_node_does_not_get_a_moved_instance_back) {
    deploy(app(3, "a:1"));
    world.set_connected("n3", false);
    world.advance(core::Seconds(121));
    world.settle();
    world.set_connected("n3", true);
    world.settle();
    EXPECT_EQ(world.numbers("s/app"), (std::vector{1, 2, 3}));
    EXPECT_EQ(world.ready("s/app"), 3);
}

TEST_F(Rollout, a_stopped_service_keeps_its_places) {
    deploy(app(2, "a:1"));
    auto service = *world.state.find<model::Service>(core::ServiceId("g/s/app"));
    service.state = model::ServiceState::stopped;
    world.state.put<model::Service>(std::make_shared<model::Service const>(service));
    world.settle();
    auto const stopped = world.state.find<model::Assignment>(core::InstanceId("g/s/app/1"));
    EXPECT_EQ(stopped->desired_state, model::DesiredState::stopped);
}

TEST_F(Rollout, an_interval_redeploys_with_a_new_revision) {
    auto service = app(1, "a:1");
    service.spec.deploy_opts.interval = 60;
    deploy(service);
    world.advance(core::Seconds(61));
    world.settle();
    EXPECT_EQ(world.deploy("s/app").revision, 2);
    EXPECT_EQ(world.deploy("s/app").state, DeployState::success);
}

TEST_F(Rollout, an_instance_without_a_place_fails_the_deploy_after_a_while_and_starts_when_there_is_one) {
    auto service = app(1, "a:1");
    service.spec.affinity = {"label==disk=ssd"};
    deploy(service);
    EXPECT_EQ(world.deploy("s/app").state, DeployState::ongoing);
    EXPECT_THAT(world.deploy("s/app").reason, HasSubstr("3 of 3: affinity label==disk=ssd"));
    world.advance(kPlacementPatience + core::Seconds(1));
    world.settle();
    EXPECT_EQ(world.deploy("s/app").state, DeployState::error);
    world.add_node("n4", {"disk=ssd"});
    world.settle();
    EXPECT_EQ(world.node_of("s/app", 1), "n4");
}

TEST_F(Rollout, stateful_instances_on_one_node_never_get_the_same_host_port) {
    auto service = app(4, "a:1", 0.0);
    service.spec.stateful = true;
    deploy(service);
    service.spec.ports.push_back({.node_port = 80, .container_port = 80});
    deploy(service);
    std::map<core::NodeId, int> published;
    for (int number = 1; number <= 4; ++number) {
        auto const id = core::InstanceId("g/s/app/" + std::to_string(number));
        auto const at = world.state.find<model::Assignment>(id);
        if (at->revision == 2) EXPECT_EQ(++published[at->node], 1);
    }
    EXPECT_EQ(world.numbers("s/app").size(), 4U) << "the one without room goes on as it is";
    world.advance(kPlacementPatience + core::Seconds(1));
    world.settle();
    EXPECT_EQ(world.deploy("s/app").state, DeployState::error);
    EXPECT_THAT(world.deploy("s/app").reason, HasSubstr("host port 80 is taken"));
}

TEST_F(Rollout, a_daemon_comes_to_a_node_when_another_service_gives_its_port_back) {
    auto holder = test::service("holder", 3);
    holder.spec.ports.push_back({.node_port = 80, .container_port = 80});
    auto daemon = test::service("daemon", 1, model::Strategy::daemon);
    daemon.spec.ports.push_back({.node_port = 80, .container_port = 8080});
    world.apply({test::stack("s", {holder})});
    world.settle();
    world.apply({test::stack("s", {holder, daemon})});
    world.settle();
    EXPECT_TRUE(world.numbers("s/daemon").empty());
    holder.spec.instances = 2;
    world.apply({test::stack("s", {holder, daemon})});
    world.settle();
    EXPECT_EQ(world.numbers("s/daemon").size(), 1U);
}

} // namespace
} // namespace kontena::reconciler
