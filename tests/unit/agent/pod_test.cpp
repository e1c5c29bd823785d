#include "reconciler/node/pod.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>

namespace kontena::reconciler::node {
namespace {

using core::Millis;
using core::Seconds;
using model::Health;
using model::InstanceState;

Instant const kStart{std::chrono::hours(100)};

model::ServiceSpec plain_spec() {
    model::ServiceSpec spec;
    spec.image = "app:1";
    return spec;
}

Target target(Goal goal, std::int64_t revision = 2, model::ServiceSpec spec = plain_spec()) {
    auto shared = std::make_shared<model::ServiceSpec const>(std::move(spec));
    return {.goal = goal, .revision = revision, .digest = "d", .spec = std::move(shared)};
}

Container container(Phase phase, std::int64_t revision = 2) {
    Container out{.id = "c1", .phase = phase, .revision = revision, .digest = "d"};
    out.stop_grace_period = 7;
    out.address = "10.0.0.9";
    if (phase != Phase::created) out.started_at = "t1";
    if (phase == Phase::exited) out.finished_at = "t2";
    return out;
}

View view(Phase phase, std::int64_t revision = 2) {
    return {.container = container(phase, revision)};
}

std::string name_of(Action const& action) {
    constexpr std::array<std::string_view, std::variant_size_v<Action>> names{
        "nothing",
        "pull",
        "prepare",
        "create",
        "start",
        "stop",
        "remove",
        "record",
        "probe",
        "refuse",
        "forget"
    };
    return std::string(names[action.index()]);
}

struct Case {
    std::string rule;
    Target goal;
    View seen;
    std::function<void(Memory&)> known;
    std::string action;
    InstanceState state;
};

void ready(Memory& memory) {
    memory.image_ready = true;
    memory.prepared = true;
}

void back_off(Memory& memory) {
    memory.failed = true;
    memory.retry_at = kStart + Seconds(5);
}

void nothing(Memory&) {}

std::vector<Case> table() {
    using enum InstanceState;
    auto const run = target(Goal::run);
    auto const stop = target(Goal::stop);
    Target const gone{.goal = Goal::remove};
    Target const keep{.goal = Goal::keep};
    auto const pulled = [](Memory& m) { m.image_ready = true; };
    auto const counted = [](Memory& m) { m.handled_exit = "c1@t2"; };
    auto const crashed = [](Memory& m) {
        m.handled_exit = "c1@t2";
        m.crashed = true;
        m.retry_at = kStart + Seconds(4);
    };
    auto const broken = [](Memory& m) {
        ready(m);
        m.recreate = true;
    };
    View const none;
    View const foreign{.foreign = "taken"};
    auto bad_start = view(Phase::created);
    bad_start.container->start_error = "no such device";
    auto other_digest = view(Phase::running);
    other_digest.container->digest = "e";
    return {
        {"nothing there: pull first", run, none, nothing, "pull", pulling},
        {"then prepare", run, none, pulled, "prepare", creating},
        {"then create", run, none, ready, "create", creating},
        {"after a failure: wait", run, none, back_off, "nothing", failed},
        {"created: start", run, view(Phase::created), nothing, "start", starting},
        {"running: leave alone", run, view(Phase::running), nothing, "nothing", running},
        {"outdated: pull before stopping", run, view(Phase::running, 1), nothing, "pull", pulling},
        {"outdated: prepare before stopping",
         run,
         view(Phase::running, 1),
         pulled,
         "prepare",
         creating},
        {"outdated: then stop", run, view(Phase::running, 1), ready, "stop", stopping},
        {"outdated and stopped: remove", run, view(Phase::exited, 1), ready, "remove", creating},
        {"outdated, pull failed: old one stays",
         run,
         view(Phase::running, 1),
         back_off,
         "nothing",
         failed},
        {"same revision, other spec", run, other_digest, ready, "stop", stopping},
        {"a lower revision wanted is another one",
         run,
         view(Phase::running, 3),
         ready,
         "stop",
         stopping},
        {"exited: record first", run, view(Phase::exited), nothing, "record", restarting},
        {"recorded, no delay: start", run, view(Phase::exited), counted, "start", starting},
        {"recorded, delay: wait", run, view(Phase::exited), crashed, "nothing", restarting},
        {"could not be started: make anew", run, view(Phase::created), broken, "remove", creating},
        {"the engine could not start it: make anew", run, bad_start, ready, "remove", creating},
        {"being removed: wait", run, view(Phase::removing), nothing, "nothing", stopping},
        {"name taken: say so", run, foreign, nothing, "refuse", failed},
        {"name taken, said: wait", run, foreign, back_off, "nothing", failed},
        {"stop: stop", stop, view(Phase::running), nothing, "stop", stopping},
        {"stop: stopped already", stop, view(Phase::exited), nothing, "nothing", stopped},
        {"stop: never made", stop, none, nothing, "nothing", stopped},
        {"stop: outdated one is not made anew",
         stop,
         view(Phase::exited, 1),
         nothing,
         "nothing",
         stopped},
        {"remove: stop", gone, view(Phase::running), nothing, "stop", stopping},
        {"remove: remove", gone, view(Phase::exited), nothing, "remove", stopping},
        {"remove: never started", gone, view(Phase::created), nothing, "remove", stopping},
        {"remove: done", gone, none, nothing, "forget", stopped},
        {"remove: not ours", gone, foreign, nothing, "forget", stopped},
        {"remove: after a failure wait", gone, view(Phase::exited), back_off, "nothing", stopping},
        {"keep: stop", keep, view(Phase::running), nothing, "stop", stopping},
        {"keep: stopped, leave it", keep, view(Phase::exited), nothing, "forget", stopped},
        {"unknown: touch nothing that runs",
         Target{},
         view(Phase::running, 1),
         ready,
         "nothing",
         running},
        {"unknown: touch nothing that is stopped",
         Target{},
         view(Phase::exited),
         ready,
         "nothing",
         stopped},
    };
}

TEST(Decide, FollowsTheTable) {
    for (auto const& row : table()) {
        Memory memory;
        row.known(memory);
        memory = remember(std::move(memory), row.goal, row.seen, kStart);
        auto const step = decide(row.goal, row.seen, memory, kStart);
        EXPECT_EQ(name_of(step.action), row.action) << row.rule;
        EXPECT_EQ(step.state, row.state) << row.rule;
    }
}

TEST(Decide, StopsWithTheGraceOfTheOldContainer) {
    Memory memory;
    ready(memory);
    auto const step = decide(target(Goal::run), view(Phase::running, 1), memory, kStart);
    EXPECT_EQ(std::get<Stop>(step.action).grace, 7);
}

TEST(Decide, AnonymousVolumesGoOnlyWithStatelessContainers) {
    Target const gone{.goal = Goal::remove};
    auto seen = view(Phase::exited);
    EXPECT_TRUE(std::get<Remove>(decide(gone, seen, {}, kStart).action).anonymous_volumes);
    seen.container->stateful = true;
    EXPECT_FALSE(std::get<Remove>(decide(gone, seen, {}, kStart).action).anonymous_volumes);
}

TEST(BackOff, OfFailuresDoublesUpToAMinute) {
    Memory memory;
    std::vector<std::int64_t> delays;
    for (int i = 0; i < 9; ++i) {
        memory = failed(std::move(memory), "why", kStart);
        delays.push_back(std::chrono::duration_cast<Seconds>(*memory.retry_at - kStart).count());
    }
    EXPECT_EQ(delays, (std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 60, 60, 60}));
    EXPECT_EQ(memory.restarts, 9);
}

TEST(BackOff, OfCrashesIsTheSquareUpToHalfAMinute) {
    Memory memory;
    std::vector<std::int64_t> delays;
    for (int i = 0; i < 8; ++i) {
        memory = exited(std::move(memory), container(Phase::exited), {"bye"}, kStart);
        delays.push_back(std::chrono::duration_cast<Seconds>(*memory.retry_at - kStart).count());
    }
    EXPECT_EQ(delays, (std::vector<std::int64_t>{0, 1, 4, 9, 16, 25, 30, 30}));
}

TEST(BackOff, EndsAfterTenGoodSeconds) {
    auto const goal = target(Goal::run);
    auto const seen = view(Phase::running);
    auto memory = exited({}, container(Phase::exited), {"bye"}, kStart);
    memory = remember(std::move(memory), goal, seen, kStart);
    EXPECT_EQ(memory.restarts, 1);
    EXPECT_EQ(memory.error, "") << "it runs: all is well";
    EXPECT_EQ(memory.exit_code, 0) << "the last exit is remembered for a while";
    auto const step = decide(goal, seen, memory, kStart);
    EXPECT_EQ(step.wake_at, kStart + kStableAfter);
    memory = remember(std::move(memory), goal, seen, kStart + kStableAfter);
    EXPECT_EQ(memory.restarts, 0);
    EXPECT_TRUE(memory.log_tail.empty());
}

TEST(BackOff, IsForgottenWithItsTarget) {
    auto memory = failed({}, "why", kStart);
    auto const before = target(Goal::run, 2);
    EXPECT_EQ(retarget(memory, before, target(Goal::run, 2)).restarts, 1);
    memory = retarget(std::move(memory), before, target(Goal::run, 3));
    EXPECT_EQ(memory.restarts, 0);
    EXPECT_FALSE(memory.retry_at);
    EXPECT_EQ(memory.error, "");
}

TEST(BackOff, AnEngineThatIsAwayIsNobodysFault) {
    auto const memory = postponed({}, kStart);
    EXPECT_EQ(memory.restarts, 0);
    auto const step = decide(target(Goal::run), {}, memory, kStart);
    EXPECT_EQ(name_of(step.action), "nothing");
    EXPECT_EQ(step.state, InstanceState::pending);
}

TEST(Exit, ThatWasWantedIsNoCrash) {
    auto const stop = target(Goal::stop);
    auto const seen = view(Phase::exited);
    auto memory = remember({}, stop, seen, kStart);
    auto const run = target(Goal::run);
    memory = retarget(std::move(memory), stop, run);
    EXPECT_EQ(name_of(decide(run, seen, memory, kStart).action), "start");
}

TEST(Exit, OutOfMemoryIsSaid) {
    auto ended = container(Phase::exited);
    ended.exit_code = 137;
    ended.out_of_memory = true;
    EXPECT_EQ(exited({}, ended, {}, kStart).error, "ran out of memory (exit code 137)");
}

TEST(Gates, ThePortIsAskedForUntilItIsOpen) {
    auto spec = plain_spec();
    spec.deploy_opts.wait_for_port = 80;
    auto const goal = target(Goal::run, 2, spec);
    auto const seen = view(Phase::running);
    auto memory = remember({}, goal, seen, kStart);
    auto step = decide(goal, seen, memory, kStart);
    ASSERT_EQ(name_of(step.action), "probe");
    EXPECT_EQ(step.state, InstanceState::starting);
    EXPECT_EQ(std::get<Probe>(step.action).port, 80);
    EXPECT_EQ(std::get<Probe>(step.action).address, "10.0.0.9");
    memory = probed(std::move(memory), goal, {.port_open = false}, kStart);
    step = decide(goal, seen, memory, kStart);
    EXPECT_EQ(name_of(step.action), "nothing");
    EXPECT_EQ(step.wake_at, kStart + kPortInterval);
    memory = probed(std::move(memory), goal, {.port_open = true}, kStart);
    step = decide(goal, seen, memory, kStart);
    EXPECT_EQ(name_of(step.action), "nothing");
    EXPECT_EQ(step.state, InstanceState::running);
}

TEST(Gates, WithoutAnyARunThatWeStartedHasToLastAMoment) {
    auto const goal = target(Goal::run);
    auto const seen = view(Phase::running);
    auto memory = remember(started({}), goal, seen, kStart);
    auto const step = decide(goal, seen, memory, kStart);
    EXPECT_EQ(step.state, InstanceState::starting);
    EXPECT_EQ(step.wake_at, kStart + kSettleTime);
    memory = remember(std::move(memory), goal, seen, kStart + kSettleTime);
    EXPECT_EQ(decide(goal, seen, memory, kStart + kSettleTime).state, InstanceState::running);
    auto const adopted = remember({}, goal, seen, kStart);
    EXPECT_EQ(decide(goal, seen, adopted, kStart).state, InstanceState::running);
}

struct Checked {
    Target goal;
    View seen = view(Phase::running);
    Memory memory;
    Instant now = kStart;

    Checked() {
        auto spec = plain_spec();
        spec.health_check = model::HealthCheck{.port = 80, .interval = 20, .initial_delay = 10};
        goal = target(Goal::run, 2, spec);
        memory = remember({}, goal, seen, now);
    }

    void answer(bool healthy) {
        ProbeResult result{.port_open = true, .healthy = healthy, .reason = "status 500"};
        memory = probed(std::move(memory), goal, result, now);
        memory = remember(std::move(memory), goal, seen, now);
    }

    Step step() const { return decide(goal, seen, memory, now); }
};

TEST(Gates, OneGoodHealthCheckIsEnough) {
    Checked it;
    EXPECT_EQ(it.step().state, InstanceState::starting);
    it.answer(true);
    EXPECT_EQ(it.step().state, InstanceState::running);
    EXPECT_EQ(it.memory.gates.health, Health::healthy);
    EXPECT_EQ(it.step().wake_at, kStart + Seconds(20)) << "then each interval";
}

TEST(Gates, FailuresDoNotCountDuringTheInitialDelay) {
    Checked it;
    for (; it.now < kStart + Seconds(10); it.now += Seconds(1)) {
        it.answer(false);
        EXPECT_EQ(it.step().wake_at, it.now + kFirstHealthInterval);
    }
    EXPECT_EQ(it.memory.gates.strikes, 0);
    while (it.memory.gates.health == Health::unknown) {
        it.answer(false);
        it.now += Seconds(1);
    }
    EXPECT_EQ(it.now, kStart + Seconds(10) + 2 * kStrikeInterval + Seconds(1));
}

TEST(Gates, ThreeFailuresInARowRestartIt) {
    Checked it;
    it.answer(true);
    for (int i = 0; i < 2; ++i) {
        it.now += Seconds(20);
        it.answer(false);
        EXPECT_EQ(it.step().state, InstanceState::running);
    }
    it.now += Seconds(20);
    it.answer(true);
    EXPECT_EQ(it.memory.gates.strikes, 0) << "not in a row";
    for (int i = 0; i < 3; ++i) {
        it.now += Seconds(20);
        it.answer(false);
    }
    auto const step = it.step();
    EXPECT_EQ(name_of(step.action), "stop");
    EXPECT_EQ(step.state, InstanceState::restarting);
    EXPECT_EQ(it.memory.error, "health check failed 3 times: status 500");
    // It is stopped: that exit counts once, keeps the reason, and leads to a start.
    it.seen = view(Phase::exited);
    EXPECT_EQ(name_of(it.step().action), "record");
    it.memory = exited(std::move(it.memory), *it.seen.container, {}, it.now);
    EXPECT_EQ(it.memory.restarts, 1);
    EXPECT_EQ(it.memory.error, "health check failed 3 times: status 500");
    EXPECT_EQ(name_of(it.step().action), "start");
    it.seen.container->phase = Phase::running;
    it.seen.container->started_at = "t3";
    it.memory = remember(std::move(it.memory), it.goal, it.seen, it.now);
    EXPECT_EQ(it.memory.gates.health, Health::unknown) << "a new run, a new judgement";
    EXPECT_EQ(it.memory.restarts, 1);
}

TEST(Gates, AnUnhealthyInstanceKeepsItsBackOffUntilItIsGoodAgain) {
    Checked it;
    it.memory.restarts = 2;
    it.now += Seconds(60); // up for long, but never ready
    it.memory = remember(std::move(it.memory), it.goal, it.seen, it.now);
    EXPECT_EQ(it.memory.restarts, 2);
    it.answer(true);
    it.now += kStableAfter;
    it.memory = remember(std::move(it.memory), it.goal, it.seen, it.now);
    EXPECT_EQ(it.memory.restarts, 0);
}

TEST(Observe, TellsWhatExistsAndWhatItIsAbout) {
    auto const goal = target(Goal::run, 3);
    auto memory = failed({}, "pulling app:1: no", kStart);
    auto const out = observe(goal, view(Phase::running, 2), memory, InstanceState::failed);
    EXPECT_EQ(out.revision, 2);
    EXPECT_EQ(out.target, 3);
    EXPECT_EQ(out.container_id, "c1");
    EXPECT_EQ(out.error, "pulling app:1: no");
    EXPECT_EQ(out.restarts, 1);
    EXPECT_EQ(observe(goal, {}, {}, InstanceState::pending).revision, 0);
}

TEST(Hindered, a_port_that_another_instance_is_about_to_leave_is_no_failure) {
    EXPECT_TRUE(port_taken("Bind for 0.0.0.0:80 failed: port is already allocated"));
    EXPECT_TRUE(port_taken("listen tcp4 0.0.0.0:80: bind: address already in use"));
    EXPECT_FALSE(port_taken("exec format error"));
    Memory before;
    before.image_ready = before.prepared = true;
    auto const after = hindered(before, "port is already allocated", kStart);
    EXPECT_EQ(after.restarts, 0);
    auto const wanted = target(Goal::run);
    auto const waits = decide(wanted, view(Phase::created), after, kStart);
    EXPECT_EQ(name_of(waits.action), "nothing");
    EXPECT_EQ(waits.state, InstanceState::pending);
    auto const later = decide(wanted, view(Phase::created), after, kStart + Seconds(2));
    EXPECT_EQ(name_of(later.action), "remove");
}

TEST(Leaving, is_what_runs_and_has_to_stop) {
    EXPECT_TRUE(leaving(target(Goal::remove), view(Phase::running)));
    EXPECT_TRUE(leaving(target(Goal::stop), view(Phase::running)));
    EXPECT_TRUE(leaving(target(Goal::run, 3), view(Phase::running, 2)));
    EXPECT_FALSE(leaving(target(Goal::run, 2), view(Phase::running, 2)));
    EXPECT_FALSE(leaving(target(Goal::remove), view(Phase::exited)));
    EXPECT_FALSE(leaving({}, view(Phase::running)));
}

} // namespace
} // namespace kontena::reconciler::node
