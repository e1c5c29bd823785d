#include "core/json/codec.hpp"
#include "master/features/event.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontena::master {
namespace {

using model::InstanceState;
using testing::HasSubstr;

/// The row that a change leaves in the journal; no value stands for "there was none".
template <class T>
JournalRow row(std::optional<T> const& before, std::optional<T> const& after) {
    JournalRow out;
    out.index = 7;
    out.kind = std::string(kKindNames[kind_index<T>]);
    out.id = (after ? after : before)->id.str();
    out.operation = !before ? "create" : !after ? "remove" : "update";
    if (before) out.before = json::encode_text(*before);
    if (after) out.after = json::encode_text(*after);
    out.cause.detail = "because";
    return out;
}

struct Told {
    std::string type;
    std::string message;
    Severity severity;
};

template <class T>
Told tell(std::optional<T> const& before, std::optional<T> const& after) {
    auto const event = describe(row(before, after));
    return event ? Told{event->type, event->message, event->severity} : Told{"", "", {}};
}

template <class T, class F>
T with(T value, F change) {
    change(value);
    return value;
}

template <class T>
std::optional<T> some(T value) {
    return value;
}

template <class T>
std::optional<T> none() {
    return std::nullopt;
}

TEST(Events, of_nodes) {
    model::Node const off{.id = core::NodeId("g/n1"), .number = 1};
    auto const on = with(off, [](auto& n) { n.connected = true; });
    auto const drained = with(on, [](auto& n) { n.availability = model::Availability::drain; });
    auto const labelled = with(on, [](auto& n) { n.labels = {"x"}; });
    EXPECT_EQ(tell(none<model::Node>(), some(off)).type, "node:created");
    EXPECT_EQ(tell(some(off), some(on)).type, "node:connected");
    auto const gone = tell(some(on), some(off));
    EXPECT_EQ(gone.type, "node:disconnected");
    EXPECT_EQ(gone.severity, Severity::warn);
    EXPECT_EQ(gone.message, "node n1 is offline: because");
    EXPECT_EQ(tell(some(on), some(drained)).message, "node n1 is set to drain");
    EXPECT_EQ(tell(some(on), some(labelled)).type, "");
    EXPECT_EQ(tell(some(off), none<model::Node>()).type, "node:removed");
}

TEST(Events, of_services) {
    auto const spec = std::make_shared<model::ServiceSpec const>();
    model::Service const first{
        .id = core::ServiceId("g/s/web"), .specs = {{.number = 1, .spec = spec}}, .deploys = 1
    };
    auto const scaled = with(first, [](auto& s) {
        model::ServiceSpec more;
        more.instances = 4;
        s.specs.back().spec = std::make_shared<model::ServiceSpec const>(more);
        s.deploys = 2;
    });
    auto const updated = with(first, [&](auto& s) {
        s.specs.push_back({.number = 2, .spec = spec});
        s.deploys = 2;
    });
    auto const stopped = with(first, [](auto& s) { s.state = model::ServiceState::stopped; });
    auto const moved = with(first, [](auto& s) { s.origin.line = 9; });
    EXPECT_EQ(tell(none<model::Service>(), some(first)).type, "service:created");
    EXPECT_EQ(tell(some(first), some(scaled)).message, "service s/web is scaled from 1 to 4");
    EXPECT_EQ(tell(some(first), some(updated)).message, "service s/web is updated to revision 2");
    EXPECT_EQ(tell(some(first), some(stopped)).message, "service s/web is set to stopped");
    EXPECT_EQ(tell(some(first), some(moved)).type, "");
    EXPECT_EQ(tell(some(first), none<model::Service>()).type, "service:removed");
}

TEST(Events, of_deploys) {
    model::Deploy const fresh{
        .id = core::DeployId("g/s/web/1"), .service = core::ServiceId("g/s/web")
    };
    auto const in = [&](model::DeployState state) {
        return some(with(fresh, [&](auto& d) {
            d.state = state;
            d.reason = "why";
        }));
    };
    using enum model::DeployState;
    EXPECT_EQ(tell(none<model::Deploy>(), some(fresh)).type, "");
    EXPECT_EQ(tell(some(fresh), in(ongoing)).message, "s/web: deploy started");
    EXPECT_EQ(tell(in(ongoing), in(ongoing)).type, "");
    EXPECT_EQ(tell(in(ongoing), in(error)).message, "s/web: deploy ended: why");
    EXPECT_EQ(tell(in(ongoing), in(success)).message, "s/web: deploy succeeded");
    auto const broken = some(with(*in(error), [](auto& d) {
        d.cause.commit = "c0ffee";
        d.failure = {.instance = 2, .gate = "run", .reason = "exited", .log_tail = {"no database"}};
    }));
    auto const failed = tell(in(ongoing), broken);
    auto const event = event_json(row(in(ongoing), broken));
    ASSERT_TRUE(event);
    auto const& meta = event->at("meta");
    EXPECT_EQ(meta.at("cause").at("commit").as_string(), "c0ffee") << "not that the master saw it";
    EXPECT_EQ(meta.at("failure").at("gate").as_string(), "run");
    EXPECT_EQ(meta.at("failure").at("log_tail").at(0).as_string(), "no database");
    EXPECT_EQ(failed.message, "s/web: deploy failed: why");
    EXPECT_EQ(failed.severity, Severity::error);
    EXPECT_EQ(tell(in(error), none<model::Deploy>()).type, "");
}

TEST(Events, of_assignments) {
    model::Assignment const first{
        .id = core::InstanceId("g/s/web/2"),
        .number = 2,
        .node = core::NodeId("g/n1"),
        .revision = 1,
        .explanation = {.winner = "emptiest"}
    };
    auto const moved = with(first, [](auto& a) {
        a.node = core::NodeId("g/n2");
        a.cause.detail = "n1 is offline";
    });
    auto const replaced = with(first, [](auto& a) { a.revision = 2; });
    auto const stopped =
        with(first, [](auto& a) { a.desired_state = model::DesiredState::stopped; });
    EXPECT_EQ(
        tell(none<model::Assignment>(), some(first)).message, "s/web-2 is assigned to n1 (emptiest)"
    );
    EXPECT_EQ(tell(some(first), some(moved)).message, "s/web-2 moves from n1 to n2: n1 is offline");
    EXPECT_EQ(tell(some(first), some(replaced)).type, "instance:replaced");
    EXPECT_EQ(tell(some(first), some(stopped)).type, "");
    EXPECT_EQ(tell(some(first), none<model::Assignment>()).message, "s/web-2 is taken off n1");
}

TEST(Events, of_observations) {
    auto const at = [](InstanceState state, std::string error = "", int restarts = 0) {
        return some(model::Observation{
            .id = core::InstanceId("g/s/web/1"),
            .node = core::NodeId("g/n1"),
            .state = state,
            .error = std::move(error),
            .restarts = restarts
        });
    };
    auto const sick = some(with(*at(InstanceState::running, "no answer"), [](auto& o) {
        o.health = model::Health::unhealthy;
    }));
    auto const pending = at(InstanceState::pending);
    EXPECT_EQ(tell(none<model::Observation>(), pending).type, "");
    EXPECT_EQ(tell(pending, at(InstanceState::pulling)).type, "");
    EXPECT_EQ(tell(pending, at(InstanceState::running)).message, "s/web-1 runs on n1");
    EXPECT_EQ(tell(at(InstanceState::running), at(InstanceState::running, "x")).type, "");
    auto const crash = tell(at(InstanceState::running), at(InstanceState::restarting, "", 1));
    EXPECT_EQ(crash.type, "instance:crash");
    EXPECT_THAT(crash.message, HasSubstr("its container exited"));
    // It is seen first, and counted then.
    auto const exited = at(InstanceState::restarting);
    EXPECT_EQ(tell(at(InstanceState::running), exited).type, "");
    EXPECT_EQ(tell(exited, at(InstanceState::restarting, "a", 1)).type, "instance:crash");
    EXPECT_EQ(
        tell(at(InstanceState::restarting, "a", 1), at(InstanceState::restarting, "a", 2)).type,
        "instance:crash"
    );
    EXPECT_EQ(tell(pending, at(InstanceState::failed, "no image")).severity, Severity::error);
    EXPECT_EQ(tell(at(InstanceState::running), sick).type, "instance:unhealthy");
    EXPECT_EQ(tell(sick, sick).type, "");
    EXPECT_EQ(tell(pending, at(InstanceState::stopped)).type, "instance:stopped");
    EXPECT_EQ(tell(pending, none<model::Observation>()).severity, Severity::debug);
}

TEST(Events, of_sources_and_plans) {
    model::SourceStatus const fresh{.id = core::SourceId("g/infra")};
    auto const in = [&](model::SyncState state, std::string commit, std::string error = "") {
        return some(with(fresh, [&](auto& s) {
            s.state = state;
            s.seen_commit = commit;
            s.error = error;
        }));
    };
    using enum model::SyncState;
    EXPECT_EQ(tell(none<model::SourceStatus>(), some(fresh)).type, "");
    EXPECT_EQ(
        tell(some(fresh), in(synced, "0123456789")).message, "source infra: 0123456 is applied"
    );
    EXPECT_EQ(tell(in(synced, "1"), in(synced, "1")).type, "");
    EXPECT_EQ(tell(in(synced, "1"), in(synced, "2")).type, "source:synced");
    EXPECT_EQ(tell(in(synced, "1"), in(out_of_sync, "2")).type, "source:out_of_sync");
    EXPECT_EQ(tell(in(synced, "1"), in(refused, "2", "bad")).severity, Severity::error);
    EXPECT_EQ(tell(in(refused, "2", "bad"), in(refused, "3", "bad")).type, "source:refused");
    EXPECT_EQ(tell(in(synced, "1"), in(unreachable, "1", "down")).severity, Severity::warn);
    model::Plan plan{.id = core::PlanId("g/abc"), .actions = {{}, {}}};
    EXPECT_EQ(tell(none<model::Plan>(), some(plan)).message, "plan abc is saved: 2 actions");
    plan.applied_at = core::TimePoint(core::Seconds(1));
    EXPECT_EQ(tell(none<model::Plan>(), some(plan)).message, "plan abc is applied: 2 actions");
    EXPECT_EQ(tell(some(plan), none<model::Plan>()).type, "");
}

TEST(Events, of_things_with_a_name) {
    model::Stack const stack{.id = core::StackId("g/s")};
    EXPECT_EQ(tell(none<model::Stack>(), some(stack)).message, "stack g/s is created");
    EXPECT_EQ(tell(some(stack), some(stack)).type, "");
    EXPECT_EQ(tell(some(stack), none<model::Stack>()).type, "stack:removed");
    EXPECT_EQ(
        tell(none<model::Grid>(), some(model::Grid{.id = core::GridId("g")})).type, "grid:created"
    );
}

TEST(Events, secrets_and_damaged_rows_tell_nothing) {
    model::SourceCredentials const secret{.id = core::SourceId("g/s"), .password = "sesame"};
    EXPECT_EQ(tell(none<model::SourceCredentials>(), some(secret)).type, "");
    EXPECT_FALSE(describe({.kind = "deploy", .id = "g/s/web/1", .after = "{"}));
    EXPECT_FALSE(describe({.kind = "no such kind"}));
    EXPECT_THAT(event_kinds(), testing::Not(testing::Contains("credentials")));
}

TEST(Events, have_the_form_of_the_api) {
    model::Node const node{.id = core::NodeId("g/n1"), .number = 1};
    auto const event = event_json(row(none<model::Node>(), some(node)));
    ASSERT_TRUE(event);
    EXPECT_EQ(event->at("id").as_string(), "7.0");
    EXPECT_EQ(event->at("type").as_string(), "node:created");
    EXPECT_EQ(event->at("severity").as_int64(), 1);
    EXPECT_EQ(event->at("meta").at("cause").at("detail").as_string(), "because");
    EXPECT_FALSE(event_json(row(some(node), some(node))));
}

} // namespace
} // namespace kontena::master
