#include "master/control/controller.hpp"
#include "master/features/status.hpp"
#include "master/gitops/apply_revision.hpp"
#include "reconciler/gates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontena::master {
namespace {

using model::DeployState;
using model::SyncState;
using testing::HasSubstr;

/// A source with two services and one node, whose agent reports at once. Images named `bad` crash,
/// those named `slow` never come up.
struct SourceVerdict : testing::Test {
    State state;
    Controller controller;
    core::TimePoint now{core::Seconds(1'800'000'000)};
    core::SourceId const source{"g/src"};

    SourceVerdict() {
        put(model::Grid{.id = core::GridId("g"), .name = "g"});
        model::Node node{.id = core::NodeId("g/n1"), .number = 1};
        node.connected = true;
        put(std::move(node));
        put(model::Source{.id = source});
        put(model::SourceStatus{.id = source});
    }

    template <class T>
    void put(T value) {
        state.put<T>(std::make_shared<T const>(std::move(value)));
    }

    /// `name: image`, or more of them.
    core::RevisionId commit(std::string id, std::map<std::string, std::string> const& services) {
        model::StackSpec stack{.name = "shop", .stack = "shop"};
        for (auto const& [name, image] : services) {
            model::NamedService service{.name = name};
            service.spec.image = image;
            stack.services.push_back(std::move(service));
        }
        auto revision = make_revision(
            {.source = source, .commit = std::move(id)}, {content_of(std::move(stack))}
        );
        ApplyOptions options{.prune = true};
        options.cause = {
            .kind = model::CauseKind::commit,
            .source = "src",
            .commit = revision.revision.commit,
        };
        model::Plan plan;
        auto txn = apply_revision(controller.views(), state, revision, options, now, plan);
        EXPECT_TRUE(txn) << to_string(txn.error());
        state = txn->state();
        settle();
        return revision.revision.id;
    }

    void settle() {
        for (int round = 0; round < 50; ++round) {
            state = controller.decide(state, now).txn.state();
            report();
        }
    }

    void report() {
        std::vector<model::Observation> seen;
        state.all<model::Assignment>().for_each([&](auto const& id, auto const& assignment) {
            auto const service = state.find<model::Service>(core::service_of(id));
            model::Observation one{.id = id, .node = assignment->node};
            one.target = one.revision = assignment->revision;
            one.state = model::InstanceState::running;
            auto const& image = service->spec_at(assignment->revision)->image;
            if (image.starts_with("slow")) one.state = model::InstanceState::starting;
            if (image.starts_with("bad")) {
                one.state = model::InstanceState::restarting;
                one.restarts = reconciler::kCrashLimit;
                one.error = "exited with code 1";
                one.log_tail = {"last words"};
            }
            seen.push_back(std::move(one));
        });
        for (auto& one : seen) put(std::move(one));
    }

    model::SourceStatus status() const { return *state.find<model::SourceStatus>(source); }

    std::string image(std::string const& name) const {
        auto const service = state.find<model::Service>(core::ServiceId("g/shop/" + name));
        return service ? service->spec().image : "";
    }
};

TEST_F(SourceVerdict, a_revision_that_was_deployed_is_the_last_good_one) {
    auto const one = commit("one", {{"web", "a:1"}});
    EXPECT_EQ(status().good_revision, one);
    EXPECT_FALSE(status().quarantine);
    auto const two = commit("two", {{"web", "a:2"}});
    EXPECT_EQ(status().good_revision, two);
}

TEST_F(SourceVerdict, a_revision_that_failed_is_taken_back_as_a_whole_and_quarantined) {
    commit("one", {{"api", "a:1"}, {"web", "w:1"}});
    commit("two", {{"api", "a:2"}, {"web", "bad:2"}, {"extra", "x:1"}});
    EXPECT_EQ(image("api"), "a:1") << "it was deployed, and goes back with the others";
    EXPECT_EQ(image("web"), "w:1");
    EXPECT_EQ(image("extra"), "");
    auto const now_status = status();
    EXPECT_EQ(now_status.state, SyncState::failed);
    EXPECT_EQ(now_status.seen_commit, "two");
    EXPECT_EQ(now_status.applied_commit, "one");
    ASSERT_TRUE(now_status.quarantine);
    EXPECT_EQ(now_status.quarantine->commit, "two");
    EXPECT_TRUE(now_status.quarantine->rolled_back);
    EXPECT_EQ(now_status.quarantine->service, core::ServiceId("g/shop/web"));
    EXPECT_EQ(now_status.quarantine->failure.gate, "run");
    EXPECT_THAT(now_status.quarantine->failure.log_tail, testing::ElementsAre("last words"));
    EXPECT_THAT(now_status.error, HasSubstr("shop/web-1 on n1: exited with code 1"));
}

TEST_F(SourceVerdict, a_newer_commit_ends_the_quarantine) {
    commit("one", {{"web", "w:1"}});
    commit("two", {{"web", "bad:2"}});
    commit("three", {{"web", "w:3"}});
    EXPECT_EQ(status().state, SyncState::synced);
    EXPECT_FALSE(status().quarantine);
    EXPECT_EQ(image("web"), "w:3");
}

TEST_F(SourceVerdict, the_error_names_the_service_also_when_the_reason_does_not) {
    commit("one", {{"web", "w:1"}});
    commit("two", {{"web", "slow:2"}});
    auto const service = state.find<model::Service>(core::ServiceId("g/shop/web"));
    auto deploy = *state.find<model::Deploy>(model::deploy_id(service->id, service->deploys));
    ASSERT_FALSE(deploy.finished());
    deploy.aborted_by = "ann";
    put(deploy);
    settle();
    EXPECT_EQ(status().error, "shop/web: aborted by ann");
}

TEST_F(SourceVerdict, a_deploy_takes_another_one_back_until_a_newer_commit_wants_the_same) {
    auto const newest = [&] {
        auto const service = state.find<model::Service>(core::ServiceId("g/shop/web"));
        return *state.find<model::Deploy>(model::deploy_id(service->id, service->deploys));
    };
    commit("one", {{"web", "w:1"}});
    EXPECT_FALSE(taken_back(state, newest()));
    commit("two", {{"web", "bad:2"}});
    ASSERT_TRUE(taken_back(state, newest()));
    EXPECT_EQ(taken_back(state, newest())->cause.commit, "two");
    commit("three", {{"web", "w:1"}, {"other", "o:1"}});
    EXPECT_FALSE(newest().rollback_of.empty()) << "nothing was to be deployed";
    EXPECT_FALSE(taken_back(state, newest()));
}

TEST_F(SourceVerdict, a_first_revision_that_fails_has_nothing_to_go_back_to) {
    commit("one", {{"web", "bad:1"}});
    ASSERT_TRUE(status().quarantine);
    EXPECT_FALSE(status().quarantine->rolled_back);
    EXPECT_EQ(status().applied_commit, "one");
    EXPECT_EQ(image("web"), "bad:1");
}

} // namespace
} // namespace kontena::master
