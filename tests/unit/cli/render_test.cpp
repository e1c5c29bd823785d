#include "cli/render/issues.hpp"
#include "cli/render/plan.hpp"
#include "cli/render/progress.hpp"
#include "cli/render/show.hpp"
#include "cli/render/table.hpp"
#include "core/json/codec.hpp"

#include <boost/mp11/algorithm.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace kontena;
using namespace kontena::cli;
using namespace kontena::cli::render;
using ::testing::HasSubstr;
using ::testing::Not;

Style const plain;
Style const colours(true);

TEST(Table, ColumnsAreThreeBlanksApart) {
    Table table({"name", "state"}, plain);
    table.add({"⊛ web", "running"});
    table.add({"database", ""});
    EXPECT_EQ(
        table.str(),
        "NAME       STATE\n"
        "⊛ web      running\n"
        "database\n"
    );
}

TEST(Table, EmptyOnesShowTheirTitlesAndSingleColumnsNone) {
    EXPECT_EQ(Table({"name", "stack"}, plain).str(), "NAME   STACK\n");
    EXPECT_EQ(Table({"name"}, plain).str(), "");
    Table quiet({"name"}, plain);
    quiet.add({"a"});
    EXPECT_EQ(quiet.str(), "a\n");
}

TEST(Table, ColourCodesTakeNoRoomAndLineEndsAreEscaped) {
    Table table({"a", "b"}, colours);
    table.add({colours(Colour::red, "x"), "two\nlines"});
    EXPECT_EQ(table.str(), "\033[1mA\033[0m   \033[1mB\033[0m\n\033[31mx\033[0m   two\\nlines\n");
}

TEST(Table, OnATerminalTheColumnThatMattersLeastIsCut) {
    auto const table = [](std::size_t width, std::string_view least) {
        Table out({"name", "image", "state"}, Style(false, width), least);
        out.add({"web", "registry.example.com/wéb:1.25", "running"});
        return out.str();
    };
    EXPECT_EQ(
        table(40, "image"),
        "NAME   IMAGE                     STATE\n"
        "web    registry.example.com/w…   running\n"
    );
    EXPECT_EQ(table(0, "image").find("…"), std::string::npos) << "not in a file or a pipe";
    EXPECT_EQ(table(200, "image"), table(0, "image"));
    EXPECT_THAT(table(10, "image"), HasSubstr("web    registr…   running"));
}

TEST(Issues, TheOffendingWordsAreUnderlined) {
    std::string const text =
        "stack: a\nservices:\n  wéb:\n    ports: [80, \"x y\"]\n    foo: bar # no\n";
    EXPECT_EQ(
        issues(
            {{"services.web.ports.0", "bad port", "k.yml", 4, 13},
             {"services.web.ports.1", "bad", "k.yml", 4, 17},
             {"services.web.foo", "unknown key", "k.yml", 5, 5},
             {"", "no place", "k.yml", 0, 0}},
            text,
            plain,
            Colour::red
        ),
        "k.yml:4:13: services.web.ports.0: bad port\n"
        "    4 |     ports: [80, \"x y\"]\n"
        "      |             ^~\n"
        "k.yml:4:17: services.web.ports.1: bad\n"
        "    4 |     ports: [80, \"x y\"]\n"
        "      |                 ^~~~~\n"
        "k.yml:5:5: services.web.foo: unknown key\n"
        "    5 |     foo: bar # no\n"
        "      |     ^~~\n"
        "k.yml: no place\n"
    );
}

TEST(Issues, PlacesOutsideTheTextDoNoHarm) {
    EXPECT_EQ(issues({{"a", "b", "f", 9, 9}}, "x\n", plain, Colour::red), "f:9:9: a: b\n");
    EXPECT_EQ(
        issues({{"a", "b", "f", 1, 9}}, "x\n", plain, Colour::red),
        "f:1:9: a: b\n    1 | x\n      |  ^\n"
    );
}

TEST(Errors, SayWhatWasBeingDone) {
    core::Error error(core::Errc::unavailable, "connection refused", {{"a", "b", "f", 1, 2}});
    EXPECT_EQ(
        render::error(std::move(error).with_context("inner").with_context("outer"), plain),
        " [error] outer: inner: connection refused\n  f:1:2: a: b\n"
    );
    core::Error const twice(core::Errc::invalid, "refused: f:1:2: a: b", {{"a", "b", "f", 1, 2}});
    EXPECT_EQ(render::error(twice, plain), " [error] refused: f:1:2: a: b\n") << "only once";
}

model::Plan sample_plan() {
    model::Plan plan{
        .id = core::PlanId("prod/abc"),
        .grid = core::GridId("prod"),
        .cause =
            {.kind = model::CauseKind::commit, .source = "stacks", .commit = "1234567890abcdef"},
        .created_at = *core::parse_time("2026-01-02T03:04:05Z"),
    };
    plan.actions.push_back(
        {.kind = model::ActionKind::create,
         .stack = core::StackId("prod/shop"),
         .service = core::ServiceId("prod/shop/web"),
         .reason = "new service",
         .instances =
             {{.number = 1,
               .node = core::NodeId("prod/n1"),
               .explanation =
                   {.considered = 3,
                    .refusals = {{"affinity", 2, {"prod/n2", "prod/n3"}, "node==n1"}},
                    .winner = "fewest instances"}}},
         .after = {core::ServiceId("prod/shop/db")},
         .cause =
             {.kind = model::CauseKind::commit,
              .source = "stacks",
              .commit = "1234567890abcdef",
              .file = "shop.yml",
              .line = 3}}
    );
    plan.actions.push_back(
        {.kind = model::ActionKind::scale,
         .stack = core::StackId("prod/shop"),
         .service = core::ServiceId("prod/shop/api"),
         .changes = {{"instances", "3", "1"}},
         .instances =
             {{.number = 1, .kind = model::PlacementKind::keep, .node = core::NodeId("prod/n1")},
              {.number = 2, .kind = model::PlacementKind::stop, .node = core::NodeId("prod/n2")}}}
    );
    plan.blocked.push_back(
        {.service = core::ServiceId("prod/shop/pinned"),
         .number = 1,
         .reason = "no node left",
         .refusals = {{"affinity", 3, {"n1", "n2"}, "node==host-9"}}}
    );
    return plan;
}

TEST(Plan, EveryKindOfActionHasAWord) {
    using Kinds = boost::describe::describe_enumerators<model::ActionKind>;
    boost::mp11::mp_for_each<Kinds>([](auto kind) {
        model::Plan plan;
        plan.actions.push_back({.kind = kind.value, .stack = core::StackId("prod/shop")});
        auto const text = render::plan(plan, Detail::brief, plain);
        EXPECT_THAT(text, testing::StartsWith("Plan: 1 to ")) << kind.name;
        EXPECT_EQ(text.find('?'), std::string::npos) << text;
    });
}

TEST(Plan, BriefShowsActionsAndChanges) {
    EXPECT_EQ(
        render::plan(sample_plan(), Detail::brief, plain),
        "Plan prod/abc: 1 to create, 1 to scale, 1 blocked\n"
        "  + shop/web  create  new service\n"
        "        1  start on n1\n"
        "  ~ shop/api  scale\n"
        "      instances: 3 → 1\n"
        "        2  stop on n2\n"
        "  ! shop/pinned-1  no node left\n"
        "      affinity refused 3 (n1, n2, …): node==host-9\n"
    );
}

TEST(Plan, FullExplainsCausesAndPlacements) {
    auto const text = render::plan(sample_plan(), Detail::full, plain);
    EXPECT_THAT(
        text,
        HasSubstr(
            "        1  start on n1  — considered 3 nodes; affinity refused 2 (n2, n3): node==n1; "
            "fewest instances\n"
        )
    );
    EXPECT_THAT(text, HasSubstr("because of commit 1234567890 of source stacks, shop.yml:3\n"));
    EXPECT_THAT(text, HasSubstr("after shop/db\n"));
    EXPECT_THAT(text, HasSubstr("1  keep on n1\n"));
}

TEST(Plan, AnEmptyOneSaysSo) {
    EXPECT_EQ(render::plan({}, Detail::brief, plain), "Plan: nothing to do\n");
}

Progress sample_progress(ProgressState state) {
    return {
        .state = state,
        .services =
            {
                {.service = core::ServiceId("prod/shop/web"),
                 .state = ProgressState::converged,
                 .ready = 3,
                 .total = 3},
                {.service = core::ServiceId("prod/shop/a"),
                 .state = state,
                 .reason = "instance 1 failed",
                 .ready = 0,
                 .total = 1,
                 .instances = {{1, "n1", "failed", "exited with 3", {"line 24", "line 25"}}}},
                {.service = core::ServiceId("prod/shop/old"),
                 .kind = model::ActionKind::remove,
                 .state = ProgressState::ongoing},
            }
    };
}

TEST(Progress, OneLinePerService) {
    auto const lines = progress_lines(sample_progress(ProgressState::failed), plain);
    EXPECT_THAT(
        lines,
        ::testing::ElementsAre(
            "⊛ shop/web  3/3 ready  done",
            "⊗ shop/a    0/1 ready  failed: instance 1 failed",
            "⊙ shop/old  stopping"
        )
    );
}

TEST(Progress, TheSummaryNamesInstanceReasonAndLog) {
    auto const text =
        progress_summary(sample_progress(ProgressState::failed), core::Millis(12'300), plain);
    EXPECT_THAT(
        text,
        HasSubstr("    shop/a-1 on n1: failed: exited with 3\n      | line 24\n      | line 25\n")
    );
    EXPECT_THAT(text, HasSubstr("Failed after 12.3s.\n"));
    EXPECT_THAT(
        progress_summary(sample_progress(ProgressState::converged), core::Millis(1000), plain),
        HasSubstr("Converged after 1.0s.")
    );
}

TEST(Progress, WhatWasPrintedAsDoneIsNotInTheSummaryAgain) {
    auto const progress = sample_progress(ProgressState::failed);
    auto const printed = progress_lines(progress, plain);
    auto const text = progress_summary(progress, core::Millis(1000), plain, printed);
    EXPECT_THAT(text, Not(HasSubstr("shop/web")));
    EXPECT_THAT(text, HasSubstr("shop/a    0/1 ready  failed")) << "over what is said about it";
    EXPECT_THAT(
        progress_summary(progress, core::Millis(1000), plain, {"⊙ shop/web  2/3 ready  deploying"}),
        HasSubstr("shop/web  3/3 ready  done")
    );
}

TEST(Show, SourcesNameTheCommitOfTheirStateAndWhatRuns) {
    SourceReply one{.source = {.id = core::SourceId("prod/s")}};
    one.status.state = model::SyncState::refused;
    one.status.seen_commit = "1111111111abc";
    EXPECT_THAT(sources({one}, plain), HasSubstr("  1111111111 (nothing runs)  "));
    one.status.applied_commit = "2222222222abc";
    EXPECT_THAT(sources({one}, plain), HasSubstr("  1111111111 (runs 2222222222)  "));
    one.status.applied_commit = one.status.seen_commit;
    EXPECT_THAT(sources({one}, plain), HasSubstr("  1111111111   main"));
}

TEST(Show, AnEventSaysNothingTwice) {
    EventReply it{.type = "source:refused", .message = "source s: commit a is not applied: y"};
    it.meta = json::parse(R"({"cause": {"kind": "commit", "detail": "commit a is not applied: y",
        "source": "s", "commit": "abc"}})")
                  .value();
    EXPECT_THAT(
        event(it, plain),
        testing::EndsWith("source s: commit a is not applied: y — commit abc of source s\n")
    );
}

TEST(Show, NodesWithTheirStatus) {
    auto const now = *core::parse_time("2026-01-01T01:00:00Z");
    NodeReply online{
        .name = "n1",
        .node_number = 1,
        .connected = true,
        .initial_member = true,
        .status = "online",
        .labels = {"az=a", "x"},
        .agent_version = "2.0.0",
        .connected_at = core::parse_time("2026-01-01T00:58:00Z").value()
    };
    NodeReply offline{.name = "n2", .status = "offline"};
    EXPECT_EQ(
        nodes({online, offline}, 3, now, plain),
        "NAME   VERSION   STATUS         INITIAL   LABELS\n"
        "⊛ n1   2.0.0     online 2m00s   1 / 3     az=a,x\n"
        "⊝ n2             offline        -\n"
    );
}

TEST(Show, ServicesWithTheirInstances) {
    ServiceReply web{
        .id = "prod/shop/web",
        .name = "web",
        .stack = {"prod/shop", "shop"},
        .image = "web:1",
        .state = "running",
        .status = "running",
        .ports = {{.node_port = 80, .container_port = 8080}},
        .instance_counts = {3, 2}
    };
    auto failed = web;
    failed.status = "failed";
    failed.instance_counts = {1, 0};
    failed.stateful = true;
    failed.ports.clear();
    EXPECT_EQ(
        services({web, failed}, plain),
        "NAME         INSTANCES   STATEFUL   STATE     EXPOSED PORTS    IMAGE\n"
        "⊙ shop/web   2 / 3       no         running   *:80->8080/tcp   web:1\n"
        "⊗ shop/web   0 / 1       yes        failed                     web:1\n"
    );
}

TEST(Show, ASourceNamesStatePlanAndIssues) {
    SourceReply reply;
    reply.source = {.id = core::SourceId("prod/stacks"), .url = "https://git/x.git"};
    reply.status = {
        .state = model::SyncState::refused,
        .seen_commit = "abcdef0123",
        .plan = core::PlanId("prod/p1"),
        .error = "1 problem",
        .issues = {{"services.web.x", "unknown key", "stacks/shop.yml", 5, 3}},
    };
    reply.webhook_path = "/v1/sources/prod/stacks/webhook";
    auto const text = source(reply, "https://m:9292/", plain);
    EXPECT_THAT(text, HasSubstr("  state: refused\n"));
    EXPECT_THAT(text, HasSubstr("  plan: prod/p1\n"));
    EXPECT_THAT(text, HasSubstr("    - stacks/shop.yml:5:3: services.web.x: unknown key\n"));
    EXPECT_THAT(text, HasSubstr("  webhook: https://m:9292/v1/sources/prod/stacks/webhook\n"));
    EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST(Show, EventsTellWhatElseIsKnownAndWhy) {
    EventReply event{
        .created_at = "2026-01-01T00:00:00.000Z",
        .type = "service:update",
        .message = "scaled shop/web",
        .meta =
            {
                {"index", 7},
                {"object", "prod/shop/web"},
                {"node", "n1"},
                {"cause", {{"kind", "commit"}, {"source", "stacks"}, {"commit", "0123456789abcdef"}}
                },
            }
    };
    EXPECT_EQ(
        render::event(event, plain),
        "2026-01-01T00:00:00.000Z  service:update            scaled shop/web node=n1 — commit "
        "0123456789 of source stacks\n"
    );
}

TEST(Progress, WhatIsReplacedServesUntilItsTurnComes) {
    Progress progress{.services = {{.service = core::ServiceId("prod/shop/web"), .total = 7}}};
    auto& web = progress.services.front();
    web.kind = model::ActionKind::replace;
    web.running = 7;
    web.ready = 2;
    EXPECT_THAT(progress_lines(progress, plain).front(), HasSubstr("7 running, 2/7 updated"));
    web.kind = model::ActionKind::create;
    EXPECT_THAT(progress_lines(progress, plain).front(), HasSubstr("2/7 ready"));
}

TEST(Progress, OfAPlanSaysWhatBecameOfIt) {
    model::Plan const plan{.id = core::PlanId("prod/p1")};
    core::PlanId const other("prod/p2");
    EXPECT_EQ(
        plan_state({.state = ProgressState::saved}, plan),
        "not carried out yet: kontena plan apply p1"
    );
    EXPECT_EQ(
        plan_state({.state = ProgressState::superseded, .by = other}, plan), "superseded by plan p2"
    );
    EXPECT_EQ(
        plan_state({.state = ProgressState::converged, .by = other}, plan),
        "converged, carried out as plan p2"
    );
    EXPECT_EQ(plan_state({.state = ProgressState::failed}, plan), "failed");
}

TEST(PlanMarkdown, OfASavedPlanNamesTheCommand) {
    model::Plan const plan{.id = core::PlanId("prod/p1"), .hash = "abc123"};
    EXPECT_THAT(plan_markdown(plan, true), HasSubstr("To carry it out: `kontena plan apply p1`"));
    EXPECT_THAT(plan_markdown(plan, true), HasSubstr("### Kontena plan `abc123`"));
    EXPECT_THAT(plan_markdown(plan, false), Not(HasSubstr("plan apply")));
}

TEST(Show, WhyKeepsWhatAFailedDeployLeftBehind) {
    WhyReply reply{.service = "prod/shop/web", .at = "T", .status = "running", .wanted = 2};
    reply.taken_back = DeployReply{.status = "failed", .reason = "shop/web-2 on n1: exited"};
    reply.taken_back->cause.commit = "c0ffee";
    EventReply crash{.message = "shop/web-2 on n1: exited with code 1"};
    crash.meta = *json::parse(
        R"({"failure":{"instance":2,"node":"prod/n1","gate":"run","log_tail":["no database"]}})"
    );
    reply.chain = {crash};
    auto const text = why(reply, plain);
    EXPECT_THAT(text, HasSubstr("shop/web: running, 2 wanted (at T)"));
    EXPECT_THAT(text, HasSubstr("commit c0ffee"));
    EXPECT_THAT(text, HasSubstr("reason: shop/web-2 on n1: exited"));
    EXPECT_THAT(text, HasSubstr("gate: run"));
    EXPECT_THAT(text, HasSubstr("- no database"));
    EXPECT_THAT(event(crash, plain), Not(HasSubstr("no database"))) << "one line each";
}

TEST(Show, WhyTellsTheEndOfALogOnce) {
    WhyReply reply{.service = "prod/shop/web", .status = "failed", .wanted = 1};
    reply.instances.push_back({.number = 1, .log_tail = {"boom"}});
    reply.instances.push_back({.number = 2, .log_tail = {"boom"}});
    reply.instances.push_back({.number = 3, .log_tail = {"other"}});
    EventReply crash{.type = "instance:crash", .message = "shop/web-1 on n1: exited"};
    crash.meta = json::parse(R"({"failure": {"instance": 1, "log_tail": ["boom"]}})").value();
    reply.chain.push_back(crash);
    auto const text = why(reply, plain);
    EXPECT_EQ(text.find("- boom"), text.rfind("- boom")) << text;
    EXPECT_THAT(text, HasSubstr("last lines of its log: the same as above"));
    EXPECT_THAT(text, HasSubstr("    last lines: the same as above"));
    EXPECT_THAT(text, HasSubstr("- other"));
}

TEST(Style, PaintsOnlyWhenAsked) {
    EXPECT_EQ(plain(Colour::red, "x"), "x");
    EXPECT_EQ(colours(Colour::red, "x"), "\033[31mx\033[0m");
    EXPECT_EQ(display_width(colours(Colour::red, "é")), 1U);
}

} // namespace
