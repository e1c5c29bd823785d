#include "core/json/codec.hpp"
#include "reconciler/failure.hpp"
#include "reconciler/plan.hpp"
#include "tests/support/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontena::reconciler {
namespace {

using model::ActionKind;
using model::PlacementKind;
using testing::ElementsAre;

struct Plans : testing::Test {
    test::World world;

    Plans() {
        for (auto const* name : {"n1", "n2", "n3"}) world.add_node(name);
    }

    static std::vector<std::string> kinds(model::Plan const& plan) {
        std::vector<std::string> out;
        for (auto const& action : plan.actions) {
            out.push_back(fmt::format("{} {}", json::enum_name(action.kind), action.service.leaf())
            );
        }
        return out;
    }
};

TEST_F(Plans, a_second_application_is_empty) {
    auto const spec = test::stack("s", {test::service("app", 2)});
    world.apply({spec});
    world.settle();
    EXPECT_TRUE(world.apply({spec}).empty());
    EXPECT_FALSE(world.reconcile());
}

TEST_F(Plans, the_dry_run_names_the_nodes_that_are_used) {
    auto const plan =
        world.apply({test::stack("s", {test::service("app", 3), test::service("worker", 2)})});
    world.settle();
    for (auto const& action : plan.actions) {
        for (auto const& planned : action.instances) {
            auto const name = fmt::format("s/{}", action.service.leaf());
            EXPECT_EQ(world.node_of(name, planned.number), planned.node.leaf());
            EXPECT_FALSE(planned.explanation.winner.empty());
        }
    }
}

TEST_F(Plans, the_same_content_gives_the_same_plan_wherever_it_stood) {
    auto a = test::stack("s", {test::service("app", 2)});
    auto b = a;
    b.origin.file = "elsewhere.yml";
    b.services[0].origin = {"elsewhere.yml", 7};
    EXPECT_EQ(world.plan({a})->plan.hash, world.plan({b})->plan.hash);
}

TEST_F(Plans, each_kind_of_change_has_its_action) {
    world.apply({test::stack("s", {test::service("a"), test::service("b"), test::service("c")})});
    world.settle();
    auto changed = test::service("a");
    changed.spec.env = {"X=1"};
    auto const plan =
        world.apply({test::stack("s", {changed, test::service("b", 3), test::service("d")})});
    EXPECT_THAT(kinds(plan), ElementsAre("remove c", "replace a", "scale b", "create d"));
    world.settle();
    EXPECT_TRUE(world.numbers("s/c").empty());
    EXPECT_EQ(world.numbers("s/b").size(), 3U);
}

TEST_F(Plans, a_dropped_stack_is_removed_only_with_prune) {
    world.apply({test::stack("s", {test::service("a")}), test::stack("t", {test::service("b")})});
    world.settle();
    EXPECT_TRUE(world.plan({test::stack("s", {test::service("a")})}, false)->plan.empty());
    auto const plan = world.apply({test::stack("s", {test::service("a")})}, true);
    EXPECT_THAT(kinds(plan), ElementsAre("remove b", "remove_stack "));
    EXPECT_TRUE(world.numbers("t/b").empty());
}

TEST_F(Plans, what_is_linked_to_comes_first) {
    auto web = test::service("web");
    web.spec.links = {{"api", "api"}};
    auto api = test::service("api");
    api.spec.links = {{"db", "db"}};
    auto const plan = world.apply({test::stack("s", {web, api, test::service("db")})});
    EXPECT_THAT(kinds(plan), ElementsAre("create db", "create api", "create web"));
}

TEST_F(Plans, an_unchanged_service_is_not_in_the_plan) {
    world.apply({test::stack("s", {test::service("a", 2), test::service("b")})});
    world.settle();
    auto changed = test::service("b");
    changed.spec.image = "registry/app:2";
    EXPECT_THAT(
        kinds(world.apply({test::stack("s", {test::service("a", 2), changed})})),
        ElementsAre("replace b")
    );
}

TEST_F(Plans, a_replacement_says_which_fields_changed_and_masks_secrets) {
    auto app = test::service("app");
    app.spec.env = {"MODE=a", "DB_PASSWORD=old"};
    world.apply({test::stack("s", {app})});
    world.settle();
    app.spec.env = {"MODE=b", "DB_PASSWORD=new"};
    auto const plan = world.apply({test::stack("s", {app})});
    ASSERT_EQ(plan.actions.size(), 1U);
    EXPECT_THAT(
        plan.actions[0].changes,
        ElementsAre(
            model::FieldChange{"env.MODE", "a", "b"},
            model::FieldChange{"env.DB_PASSWORD", "(secret)", "(secret)"}
        )
    );
    EXPECT_EQ(plan.actions[0].instances[0].kind, PlacementKind::replace);
}

TEST_F(Plans, a_stack_of_another_source_is_a_conflict) {
    world.apply({test::stack("s", {test::service("a")})});
    Desired other{.source = core::source_id(world.grid, "uploads")};
    other.stacks = {
        std::make_shared<model::StackSpec const>(test::stack("s", {test::service("a", 5)}))
    };
    master::GridViews views;
    auto const refused = prepare(*views.at(world.state, world.grid), other, world.now);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::Errc::conflict);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("belongs to source src"));
}

TEST_F(Plans, two_files_with_one_stack_name_are_refused) {
    auto const twice =
        world.plan({test::stack("s", {test::service("a")}), test::stack("s", {test::service("b")})}
        );
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, core::Errc::invalid);
}

TEST_F(Plans, an_instance_without_a_place_is_listed_as_blocked) {
    auto app = test::service("app");
    app.spec.affinity = {"label==gpu"};
    auto const plan = world.plan({test::stack("s", {app})})->plan;
    ASSERT_EQ(plan.blocked.size(), 1U);
    EXPECT_EQ(plan.blocked[0].refusals[0].refused, 3);
}

TEST_F(Plans, a_saved_plan_is_compared_with_what_its_revision_leads_to_now) {
    auto const wanted = test::stack("s", {test::service("a", 2)});
    auto const saved = world.plan({wanted});
    ASSERT_TRUE(saved);
    EXPECT_TRUE(moved(saved->plan, world.plan({wanted})->plan).empty());
    EXPECT_EQ(world.plan({wanted})->plan.basis, saved->plan.basis);
    world.set_connected("n2", false);
    auto const now = world.plan({wanted});
    EXPECT_NE(now->plan.hash, saved->plan.hash);
    EXPECT_NE(now->plan.basis, saved->plan.basis);
    EXPECT_THAT(
        moved(saved->plan, now->plan),
        testing::ElementsAre(testing::HasSubstr("create s/a: it was to start 1 on n1, start 2 on n2"
        ))
    );
    world.apply({wanted});
    EXPECT_THAT(
        moved(saved->plan, world.plan({wanted})->plan),
        testing::ElementsAre(testing::HasSubstr("no longer wanted: create s/a"))
    );
}

TEST_F(Plans, plans_with_other_hidden_values_have_other_hashes) {
    auto app = test::service("a");
    app.spec.env = {"PASSWORD=one"};
    world.apply({test::stack("s", {app})});
    world.settle();
    app.spec.env = {"PASSWORD=two"};
    auto const two = world.plan({test::stack("s", {app})})->plan;
    app.spec.env = {"PASSWORD=three"};
    auto const three = world.plan({test::stack("s", {app})})->plan;
    ASSERT_EQ(two.actions, three.actions);
    EXPECT_NE(two.hash, three.hash);
}

TEST_F(Plans, plans_with_other_facts_about_a_stack_have_other_hashes) {
    auto shop = test::stack("s", {test::service("a")});
    world.apply({shop});
    world.settle();
    shop.version = "2";
    auto const two = world.plan({shop})->plan;
    shop.version = "3";
    auto const three = world.plan({shop})->plan;
    EXPECT_THAT(kinds(three), ElementsAre("update_stack "));
    EXPECT_NE(two.hash, three.hash);
}

TEST_F(Plans, reasons_that_change_do_not_make_another_plan) {
    auto const wanted = test::stack("s", {test::service("a", 2)});
    auto const saved = world.plan({wanted});
    world.add_node("n4");
    world.set_availability("n4", model::Availability::drain);
    auto const now = world.plan({wanted});
    EXPECT_NE(now->plan.actions, saved->plan.actions);
    EXPECT_EQ(now->plan.hash, saved->plan.hash);
}

TEST_F(Plans, a_deploy_that_came_between_is_told) {
    auto app = test::service("a");
    app.spec.deploy_opts.interval = 60;
    world.apply({test::stack("s", {app})});
    world.settle();
    app.spec.image = "registry/app:2";
    auto const saved = world.plan({test::stack("s", {app})});
    world.advance(core::Seconds(61));
    world.settle();
    auto const now = world.plan({test::stack("s", {app})});
    EXPECT_NE(now->plan.hash, saved->plan.hash);
    EXPECT_THAT(
        moved(saved->plan, now->plan),
        testing::ElementsAre(
            testing::HasSubstr("replace s/a: it was to be deploy 2, now it would be")
        )
    );
}

TEST_F(Plans, a_plan_says_how_many_are_taken_down_at_a_time) {
    auto service = test::service("a", 4);
    service.spec.deploy_opts.min_health = 0.5;
    world.apply({test::stack("s", {service})});
    world.settle();
    service.spec.image = "registry/app:2";
    EXPECT_EQ(world.plan({test::stack("s", {service})})->plan.actions[0].at_once, 2);
    service.spec.deploy_opts.order = model::RolloutOrder::start_first;
    EXPECT_EQ(world.plan({test::stack("s", {service})})->plan.actions[0].at_once, 0);
}

/// A service whose deploy to its second revision is under way, one of three replaced.
struct HalfWay : Plans {
    core::ServiceId const app{"g/s/app"};

    HalfWay() {
        auto service = test::service("app", 3);
        service.spec.deploy_opts.on_failure = model::OnFailure::pause;
        world.apply({test::stack("s", {service})});
        world.settle();
        service.spec.image = "registry/app:2";
        world.agent = [](model::Assignment const& it, model::Observation& seen) {
            if (it.revision == 2) seen.state = model::InstanceState::starting;
        };
        world.apply({test::stack("s", {service})});
        world.settle();
    }

    void steer(core::Result<Redeploy> next) {
        ASSERT_TRUE(next) << to_string(next.error());
        world.state.put<model::Deploy>(std::make_shared<model::Deploy const>(next->deploy));
        world.settle();
    }

    model::Service const& service() const { return *world.state.find<model::Service>(app); }

    std::string refusal(int instances) {
        master::GridViews views;
        auto const out =
            prepare_scale(*views.at(world.state, world.grid), app, instances, {}, world.now);
        return out ? "" : to_string(out.error());
    }

    std::map<std::int64_t, int> revisions() const {
        std::map<std::int64_t, int> out;
        world.state.all<model::Assignment>().for_each([&](auto const&, auto const& it) {
            ++out[it->revision];
        });
        return out;
    }
};

TEST_F(HalfWay, scaling_does_not_carry_on_what_was_aborted) {
    ASSERT_EQ(revisions(), (std::map<std::int64_t, int>{{1, 2}, {2, 1}}));
    EXPECT_EQ(refusal(5), "") << "under way: it is a newer change";
    steer(abort(service(), world.deploy("s/app"), {.actor = "me"}, world.now));
    EXPECT_THAT(refusal(5), testing::HasSubstr("deploy 2 to revision 2 was aborted by me"));
    EXPECT_THAT(refusal(5), testing::HasSubstr("kontena deploy resume s/app"));
    EXPECT_EQ(refusal(3), "") << "nothing is to be done";
}

TEST_F(HalfWay, scaling_does_not_carry_on_what_is_paused) {
    steer(pause(service(), world.deploy("s/app"), {.actor = "me"}, world.now));
    EXPECT_THAT(refusal(5), testing::HasSubstr("deploy 2 is paused"));
}

TEST_F(HalfWay, what_is_made_anew_after_an_abort_has_the_last_good_definition) {
    steer(abort(service(), world.deploy("s/app"), {.actor = "me"}, world.now));
    auto const before = revisions();
    auto stopped = service();
    stopped.state = model::ServiceState::stopped;
    world.state.put<model::Service>(std::make_shared<model::Service const>(stopped));
    world.settle();
    stopped.state = model::ServiceState::running;
    world.state.put<model::Service>(std::make_shared<model::Service const>(stopped));
    world.settle();
    EXPECT_EQ(revisions(), before) << "start does not carry it on";
    world.state.erase<model::Assignment>(core::instance_id(app, 3));
    world.settle();
    EXPECT_EQ(world.state.find<model::Assignment>(core::instance_id(app, 3))->revision, 1);
}

TEST_F(Plans, fewer_instances_may_be_the_remedy) {
    auto service = test::service("app", 1);
    world.apply({test::stack("s", {service})});
    world.settle();
    service.spec.image = "registry/app:2";
    service.spec.instances = 4;
    service.spec.ports = {{.node_port = 80, .container_port = 80}};
    service.spec.deploy_opts.on_failure = model::OnFailure::pause;
    world.apply({test::stack("s", {service})});
    world.settle();
    world.advance(core::Seconds(100));
    world.settle();
    ASSERT_EQ(world.deploy("s/app").failure->gate, "placement");
    master::GridViews views;
    auto& grid = *views.at(world.state, world.grid);
    EXPECT_TRUE(prepare_scale(grid, core::ServiceId("g/s/app"), 3, {}, world.now));
}

} // namespace
} // namespace kontena::reconciler
