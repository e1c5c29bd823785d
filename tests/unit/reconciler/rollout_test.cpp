#include "reconciler/failure.hpp"
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
    auto changed = app(4, "a:2");
    changed.spec.deploy_opts.on_failure = model::OnFailure::pause;
    deploy(changed);
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
    world.agent = [](model::Assignment const&, model::Observation& seen) {
        seen.state = InstanceState::starting;
    };
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
    auto const old =
        world.state.find<model::Deploy>(model::deploy_id(core::ServiceId("g/s/app"), 1));
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
        if (assignment.id.str().find("/db/") != std::string::npos && !db_ready)
            seen.state = InstanceState::starting;
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

TEST_F(
    Rollout, an_instance_without_a_place_fails_the_deploy_after_a_while_and_starts_when_there_is_one
) {
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
    service.spec.deploy_opts.on_failure = model::OnFailure::pause;
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

/// Instances whose image is `bad` crash with a code and a last word.
struct Failing : Rollout {
    Failing() {
        world.agent = [this](model::Assignment const& assignment, model::Observation& seen) {
            auto const service = world.state.find<model::Service>(core::service_of(assignment.id));
            if (!service->spec_at(assignment.revision)->image.starts_with("bad")) return;
            seen.state = InstanceState::restarting;
            seen.restarts = kCrashLimit;
            seen.exit_code = 3;
            seen.error = "exited with code 3";
            seen.log_tail = {"no database"};
        };
    }

    static model::NamedService
    policy(int instances, std::string image, std::optional<model::OnFailure> on_failure) {
        auto out = app(instances, std::move(image));
        out.spec.deploy_opts.on_failure = on_failure;
        return out;
    }

    std::map<int, core::TimePoint> given() const {
        std::map<int, core::TimePoint> out;
        for (auto const number : world.numbers("s/app"))
            out[number] = assignment(number)->updated_at;
        return out;
    }

    std::shared_ptr<model::Assignment const> assignment(int number) const {
        return world.state.find<model::Assignment>(
            core::InstanceId("g/s/app/" + std::to_string(number))
        );
    }

    std::string image() const {
        return world.state.find<model::Service>(core::ServiceId("g/s/app"))->spec().image;
    }
};

TEST_F(Failing, what_came_from_git_goes_back_to_the_last_good_definition) {
    deploy(policy(4, "good:1", std::nullopt));
    auto const before = given();
    world.advance(core::Seconds(5));
    deploy(policy(4, "bad:1", std::nullopt));
    EXPECT_EQ(image(), "good:1");
    EXPECT_EQ(world.ready("s/app"), 4);
    auto const back = world.deploy("s/app");
    EXPECT_EQ(back.state, DeployState::success);
    auto const failed = *world.state.find<model::Deploy>(back.rollback_of);
    EXPECT_EQ(failed.state, DeployState::error);
    EXPECT_EQ(failed.rolled_back_by, back.id);
    ASSERT_TRUE(failed.failure);
    EXPECT_EQ(failed.failure->gate, "run");
    EXPECT_EQ(failed.failure->instance, 1);
    EXPECT_EQ(failed.failure->exit_code, 3);
    EXPECT_THAT(failed.failure->log_tail, testing::ElementsAre("no database"));
    auto const after = given();
    int kept = 0;
    for (auto const& [number, at] : before) kept += after.at(number) == at ? 1 : 0;
    EXPECT_EQ(kept, 3) << "what the rollout did not reach keeps its container";
}

TEST_F(Failing, a_way_back_that_fails_too_ends_there) {
    deploy(policy(2, "good:1", model::OnFailure::rollback));
    world.agent = [](model::Assignment const&, model::Observation& seen) {
        seen.state = InstanceState::failed;
        seen.restarts = kCrashLimit;
    };
    deploy(policy(2, "other:1", model::OnFailure::rollback));
    EXPECT_EQ(world.deploy("s/app").state, DeployState::error);
    EXPECT_FALSE(world.deploy("s/app").rollback_of.empty());
}

TEST_F(Failing, with_pause_all_stays_as_it_is_and_resume_tries_again) {
    deploy(policy(4, "good:1", model::OnFailure::pause));
    deploy(policy(4, "bad:1", model::OnFailure::pause));
    EXPECT_EQ(world.deploy("s/app").state, DeployState::error);
    EXPECT_EQ(image(), "bad:1");
    EXPECT_EQ(world.ready("s/app"), 3);
    world.agent = {};
    auto const service = world.state.find<model::Service>(core::ServiceId("g/s/app"));
    auto next = resume(*service, world.deploy("s/app"), {.actor = "me"}, world.now);
    ASSERT_TRUE(next);
    world.state.put<model::Service>(std::make_shared<model::Service const>(next->service));
    world.state.put<model::Deploy>(std::make_shared<model::Deploy const>(next->deploy));
    world.settle();
    EXPECT_EQ(world.deploy("s/app").state, DeployState::success);
    EXPECT_EQ(world.ready("s/app"), 4);
}

TEST_F(Failing, with_continue_the_others_go_on_as_far_as_min_health_allows) {
    auto service = policy(4, "good:1", model::OnFailure::continue_);
    service.spec.deploy_opts.min_health = 0.5;
    deploy(service);
    world.agent = [](model::Assignment const& assignment, model::Observation& seen) {
        if (assignment.revision == 1 || assignment.number != 2) return;
        seen.state = InstanceState::failed;
        seen.restarts = kCrashLimit;
    };
    service.spec.image = "next:1";
    deploy(service);
    EXPECT_EQ(world.deploy("s/app").state, DeployState::error);
    EXPECT_EQ(world.deploy("s/app").failure->instance, 2);
    for (auto const number : {1, 3, 4}) EXPECT_EQ(assignment(number)->revision, 2);
    EXPECT_EQ(world.ready("s/app"), 3);
}

TEST_F(Failing, a_paused_deploy_replaces_nothing_until_it_is_resumed) {
    deploy(app(4, "good:1"));
    world.apply({test::stack("s", {app(4, "good:2")})});
    world.reconcile();
    auto const put = [&](core::Result<Redeploy> const& next) {
        ASSERT_TRUE(next);
        world.state.put<model::Deploy>(std::make_shared<model::Deploy const>(next->deploy));
    };
    auto const service = world.state.find<model::Service>(core::ServiceId("g/s/app"));
    put(pause(*service, world.deploy("s/app"), {.actor = "me"}, world.now));
    world.settle();
    world.advance(core::Seconds(10'000));
    world.settle();
    EXPECT_EQ(world.deploy("s/app").state, DeployState::ongoing);
    EXPECT_EQ(assignment(4)->revision, 1);
    put(resume(*service, world.deploy("s/app"), {.actor = "me"}, world.now));
    world.settle();
    EXPECT_EQ(world.deploy("s/app").state, DeployState::success);
    EXPECT_FALSE(resume(*service, world.deploy("s/app"), {}, world.now));
}

TEST_F(Failing, an_aborted_deploy_fails_and_goes_back) {
    deploy(app(4, "good:1"));
    world.apply({test::stack("s", {app(4, "good:2")})});
    world.reconcile();
    auto const service = world.state.find<model::Service>(core::ServiceId("g/s/app"));
    auto const next = abort(*service, world.deploy("s/app"), {.actor = "me"}, world.now);
    ASSERT_TRUE(next);
    world.state.put<model::Deploy>(std::make_shared<model::Deploy const>(next->deploy));
    world.settle();
    EXPECT_EQ(image(), "good:1");
    auto const back = world.deploy("s/app");
    EXPECT_EQ(world.state.find<model::Deploy>(back.rollback_of)->reason, "aborted by me");
    EXPECT_EQ(world.ready("s/app"), 4);
}

TEST_F(Failing, time_limits_of_an_instance_and_of_a_deploy) {
    world.agent = [](model::Assignment const&, model::Observation& seen) {
        seen.state = InstanceState::starting;
    };
    auto slow = app(2, "slow:1");
    slow.spec.deploy_opts.wait_for_port = 80;
    slow.spec.deploy_opts.instance_timeout = 20;
    deploy(slow);
    world.advance(core::Seconds(21));
    world.settle();
    EXPECT_EQ(world.deploy("s/app").failure->gate, "wait_for_port");
    EXPECT_THAT(world.deploy("s/app").reason, HasSubstr("not ready after 20.0s"));
    slow.spec.deploy_opts.instance_timeout.reset();
    slow.spec.deploy_opts.timeout = 30;
    deploy(slow);
    world.advance(core::Seconds(31));
    world.settle();
    EXPECT_EQ(world.deploy("s/app").failure->gate, "timeout");
}

TEST_F(Rollout, with_start_first_a_spare_serves_before_an_instance_goes) {
    auto service = app(3, "a:1", 0.5);
    service.spec.deploy_opts.order = model::RolloutOrder::start_first;
    deploy(service);
    service.spec.image = "a:2";
    world.apply({test::stack("s", {service})});
    std::size_t most = 0;
    for (int round = 0; round < 50; ++round) {
        world.reconcile();
        EXPECT_GE(world.ready("s/app"), 3);
        most = std::max(most, world.numbers("s/app").size());
        world.report();
        if (world.deploy("s/app").state == DeployState::success) break;
    }
    EXPECT_EQ(world.deploy("s/app").state, DeployState::success);
    EXPECT_EQ(most, 4U);
    EXPECT_EQ(world.numbers("s/app").size(), 3U);
}

TEST_F(Rollout, what_is_more_than_wanted_stays_while_it_serves_in_place_of_what_is_down) {
    deploy(app(6, "a:1", 1.0));
    auto const lost = {world.node_of("s/app", 1), world.node_of("s/app", 2)};
    for (auto const& name : lost) world.set_connected(name, false);
    ASSERT_EQ(world.ready("s/app"), 2); // 3 and 6
    world.apply({test::stack("s", {app(3, "a:1", 1.0)})});
    for (int round = 0; round < 5; ++round) {
        world.reconcile();
        EXPECT_EQ(world.ready("s/app"), 2);
        world.report();
    }
    for (auto const& name : lost) world.set_connected(name, true);
    world.settle();
    EXPECT_EQ(world.numbers("s/app"), (std::vector{1, 2, 3}));
}

TEST_F(Rollout, spares_serve_until_the_instances_that_a_newer_deploy_replaces_are_up) {
    auto service = app(4, "a:1", 0.5);
    service.spec.deploy_opts.order = model::RolloutOrder::start_first;
    deploy(service);
    service.spec.image = "a:2";
    world.apply({test::stack("s", {service})});
    world.reconcile(); // two spares
    world.report();
    world.reconcile(); // two instances are replaced
    service.spec.deploy_opts.order = model::RolloutOrder::stop_first;
    service.spec.deploy_opts.min_health = 1.0;
    service.spec.image = "a:3";
    world.apply({test::stack("s", {service})});
    for (int round = 0; round < 50 && world.deploy("s/app").state != DeployState::success;
         ++round) {
        world.reconcile();
        EXPECT_GE(world.ready("s/app"), 3);
        world.report();
    }
    world.settle();
    EXPECT_EQ(world.numbers("s/app").size(), 4U);
}

TEST_F(Rollout, daemons_on_silent_nodes_are_not_withdrawn_one_after_another) {
    auto daemon = test::service("app", 1, model::Strategy::daemon);
    deploy(daemon);
    world.set_availability(world.node_of("s/app", 1), model::Availability::drain);
    for (auto const* name : {"n1", "n2", "n3"}) world.set_connected(name, false);
    for (int round = 0; round < 5; ++round) world.reconcile();
    EXPECT_FALSE(world.node_of("s/app", 2).empty());
    EXPECT_FALSE(world.node_of("s/app", 3).empty());
    for (auto const* name : {"n1", "n2", "n3"}) world.set_connected(name, true);
    world.settle();
    EXPECT_EQ(world.numbers("s/app").size(), 2U);
}

TEST_F(Rollout, a_service_whose_dependency_is_rolled_back_is_not_deployed) {
    auto db = test::service("db", 1);
    auto web = test::service("web", 1);
    web.spec.links = {{"db", "db"}};
    world.apply({test::stack("s", {db, web})});
    world.settle();
    world.agent = [](model::Assignment const& assignment, model::Observation& seen) {
        bool const db_only = core::service_of(assignment.id).leaf() == "db";
        if (!db_only || assignment.revision == 1) return;
        seen.state = InstanceState::failed;
        seen.restarts = kCrashLimit;
    };
    db.spec.image = "registry/db:2";
    web.spec.image = "registry/web:2";
    world.apply({test::stack("s", {db, web})});
    world.settle();
    EXPECT_EQ(
        world.state.find<model::Service>(core::ServiceId("g/s/web"))->spec().image, "registry/app:1"
    );
    EXPECT_EQ(world.ready("s/web"), 1);
    EXPECT_EQ(world.ready("s/db"), 1);
}

TEST_F(Rollout, a_definition_that_comes_back_keeps_the_containers_that_still_run_it) {
    deploy(app(4, "a:1"));
    world.apply({test::stack("s", {app(4, "a:2")})});
    world.reconcile();
    world.apply({test::stack("s", {app(4, "a:1")})});
    world.settle();
    EXPECT_EQ(world.deploy("s/app").state, DeployState::success);
    EXPECT_EQ(world.deploy("s/app").revision, 1);
}

} // namespace
} // namespace kontena::reconciler
