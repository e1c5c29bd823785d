#include "reconciler/node/pod.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kontena::reconciler::node {
namespace {

using model::Health;
using model::InstanceState;

bool current(Target const& target, Container const& container) {
    return container.revision == target.revision && container.digest == target.digest;
}

bool has_gates(model::ServiceSpec const& spec) {
    return spec.deploy_opts.wait_for_port || spec.health_check;
}

bool gates_passed(Target const& target, Gates const& gates, Instant now) {
    if (!target.spec) return true;
    if (!has_gates(*target.spec)) return !gates.settling || now >= gates.seen + kSettleTime;
    if (target.spec->deploy_opts.wait_for_port && !gates.port_open) return false;
    return !target.spec->health_check || gates.health == Health::healthy;
}

bool unhealthy(Container const& container, Memory const& memory) {
    return memory.gates.run == container.run() && memory.gates.health == Health::unhealthy;
}

core::Seconds retry_delay(int failures) {
    auto const exponent = std::min(failures, 6);
    return std::min(kMaxRetryDelay, core::Seconds(1 << exponent));
}

core::Seconds crash_delay(int before) {
    auto const n = std::min(before, 6);
    return std::min(kMaxCrashDelay, core::Seconds(n * n));
}

Step wait(InstanceState state, std::optional<Instant> until = {}) {
    return {.action = Nothing{}, .state = state, .wake_at = until};
}

Step stop(Container const& container, InstanceState state) {
    return {.action = Stop{container.id, container.stop_grace_period}, .state = state};
}

Step remove(Container const& container, InstanceState state) {
    return {.action = Remove{container.id, !container.stateful}, .state = state};
}

/// While a back-off lasts.
InstanceState waiting_state(Memory const& memory) {
    if (memory.failed) return InstanceState::failed;
    return memory.crashed ? InstanceState::restarting : InstanceState::pending;
}

/// What leads to a new container, up to the point where the old one has to go.
std::optional<Step> make_ready(Memory const& memory) {
    if (!memory.image_ready) return Step{.action = Pull{}, .state = InstanceState::pulling};
    if (!memory.prepared) return Step{.action = Prepare{}, .state = InstanceState::creating};
    return std::nullopt;
}

Step replace(Container const& container, Memory const& memory) {
    if (auto const first = make_ready(memory)) return *first;
    if (container.phase == Phase::running) return stop(container, InstanceState::stopping);
    return remove(container, InstanceState::creating);
}

Step check_gates(
    Target const& target, Container const& container, Memory const& memory, Instant now
) {
    auto const& gates = memory.gates;
    bool const passed = gates_passed(target, gates, now);
    auto const state = passed ? InstanceState::running : InstanceState::starting;
    std::optional<Instant> wake;
    if (memory.restarts > 0 && gates.ready_since) wake = *gates.ready_since + kStableAfter;
    auto const& port = target.spec->deploy_opts.wait_for_port;
    auto const& health = target.spec->health_check;
    bool const ask_port = port && !gates.port_open;
    if (!passed && !has_gates(*target.spec)) return wait(state, gates.seen + kSettleTime);
    if (!ask_port && !health) return wait(state, wake);
    if (now < gates.next_probe) {
        return wait(state, std::min(gates.next_probe, wake.value_or(gates.next_probe)));
    }
    Probe probe{.address = container.address};
    if (ask_port) probe.port = port;
    if (health) probe.health = health;
    return {.action = std::move(probe), .state = state};
}

Step run_existing(
    Target const& target, Container const& container, Memory const& memory, Instant now
) {
    if (container.phase == Phase::running) {
        if (unhealthy(container, memory)) {
            if (memory.retry_at && now < *memory.retry_at)
                return wait(InstanceState::restarting, memory.retry_at);
            return stop(container, InstanceState::restarting);
        }
        return check_gates(target, container, memory, now);
    }
    if (container.phase == Phase::exited && memory.handled_exit != container.exit())
        return {.action = RecordExit{container.id}, .state = InstanceState::restarting};
    if (memory.retry_at && now < *memory.retry_at)
        return wait(waiting_state(memory), memory.retry_at);
    return {.action = Start{container.id}, .state = InstanceState::starting};
}

Step run(Target const& target, View const& view, Memory const& memory, Instant now) {
    bool const patience = memory.retry_at && now < *memory.retry_at;
    if (!view.foreign.empty()) {
        if (patience) return wait(InstanceState::failed, memory.retry_at);
        return {.action = Refuse{view.foreign}, .state = InstanceState::failed};
    }
    if (!view.container) {
        if (patience) return wait(waiting_state(memory), memory.retry_at);
        if (auto const first = make_ready(memory)) return *first;
        return {.action = Create{}, .state = InstanceState::creating};
    }
    auto const& container = *view.container;
    bool const broken =
        container.phase != Phase::running && (memory.recreate || !container.start_error.empty());
    if (current(target, container) && !broken) return run_existing(target, container, memory, now);
    if (patience) return wait(waiting_state(memory), memory.retry_at);
    return replace(container, memory);
}

Step stop_and_stay(View const& view, Memory const& memory, Instant now, Goal goal) {
    bool const up = view.container && view.container->phase == Phase::running;
    if (!up && goal == Goal::keep) return {.action = Forget{}, .state = InstanceState::stopped};
    if (!up) return wait(InstanceState::stopped);
    if (memory.retry_at && now < *memory.retry_at)
        return wait(InstanceState::stopping, memory.retry_at);
    return stop(*view.container, InstanceState::stopping);
}

Step stop_and_remove(View const& view, Memory const& memory, Instant now) {
    if (!view.container) return {.action = Forget{}, .state = InstanceState::stopped};
    if (memory.retry_at && now < *memory.retry_at)
        return wait(InstanceState::stopping, memory.retry_at);
    if (view.container->phase == Phase::running)
        return stop(*view.container, InstanceState::stopping);
    return remove(*view.container, InstanceState::stopping);
}

/// Without a known target: what the container itself shows.
InstanceState shown(View const& view) {
    if (!view.container) return InstanceState::pending;
    switch (view.container->phase) {
    case Phase::running:
        return InstanceState::running;
    case Phase::created:
        return InstanceState::creating;
    case Phase::exited:
    case Phase::removing:
        break;
    }
    return InstanceState::stopped;
}

void strike(Memory& memory, model::HealthCheck const& check, std::string const& why, Instant now) {
    auto& gates = memory.gates;
    bool const first = gates.health == Health::unknown;
    if (first && now < gates.seen + core::Seconds(check.initial_delay)) return;
    auto const apart = std::min(kStrikeInterval, core::Seconds(check.interval));
    if (first && gates.strikes > 0 && now < gates.last_strike + apart) return;
    ++gates.strikes;
    gates.last_strike = now;
    if (gates.strikes < kUnhealthyStrikes) return;
    gates.health = Health::unhealthy;
    gates.ready_since.reset();
    memory.error = fmt::format("health check failed {} times: {}", gates.strikes, why);
}

} // namespace

Memory remember(Memory memory, Target const& target, View const& view, Instant now) {
    if (!view.container) {
        memory.recreate = false;
        return memory;
    }
    auto const& container = *view.container;
    if (container.phase != Phase::running) {
        bool const wanted = target.goal == Goal::stop || target.goal == Goal::keep;
        if (wanted && container.phase == Phase::exited) memory.handled_exit = container.exit();
        return memory;
    }
    auto& gates = memory.gates;
    if (gates.run != container.run()) {
        gates = Gates{.run = container.run(), .seen = now, .next_probe = now, .last_strike = now};
        gates.settling = std::exchange(memory.just_started, false);
    }
    if (target.goal != Goal::run || !current(target, container)) return memory;
    if (gates.health == Health::unhealthy) return memory;
    bool const passed = gates_passed(target, gates, now);
    if (!passed) return memory;
    memory.failed = false;
    memory.crashed = false;
    memory.retry_at.reset();
    memory.error.clear();
    if (!gates.ready_since) gates.ready_since = now;
    if (now < *gates.ready_since + kStableAfter) return memory;
    memory.restarts = 0;
    memory.exit_code.reset();
    memory.log_tail.clear();
    return memory;
}

Memory retarget(Memory memory, Target const& before, Target const& after) {
    if (before == after) return memory;
    Memory fresh;
    fresh.handled_exit = std::move(memory.handled_exit);
    fresh.gates = std::move(memory.gates);
    return fresh;
}

Step decide(Target const& target, View const& view, Memory const& memory, Instant now) {
    bool const going = view.container && view.container->phase == Phase::removing;
    if (going && target.goal != Goal::unknown)
        return wait(InstanceState::stopping, now + core::Millis(200));
    switch (target.goal) {
    case Goal::unknown:
        if (!view.container) return {.action = Forget{}, .state = InstanceState::stopped};
        return wait(shown(view));
    case Goal::run:
        return run(target, view, memory, now);
    case Goal::stop:
    case Goal::keep:
        return stop_and_stay(view, memory, now, target.goal);
    case Goal::remove:
        return stop_and_remove(view, memory, now);
    }
    return wait(InstanceState::pending);
}

Memory failed(Memory memory, std::string error, Instant now) {
    memory.retry_at = now + retry_delay(memory.restarts);
    ++memory.restarts;
    memory.failed = true;
    memory.error = std::move(error);
    return memory;
}

Memory postponed(Memory memory, Instant now) {
    memory.retry_at = now + core::Seconds(1);
    return memory;
}

Memory started(Memory memory) {
    memory.failed = false;
    memory.just_started = true;
    memory.crashed = false;
    memory.recreate = false;
    memory.retry_at.reset();
    return memory;
}

Memory not_started(Memory memory, std::string error, Instant now) {
    memory.recreate = true;
    return failed(std::move(memory), std::move(error), now);
}

bool port_taken(std::string_view engine_error) {
    constexpr std::string_view words[] = {"port is already allocated", "address already in use"};
    return std::ranges::any_of(words, [&](auto const& w) {
        return engine_error.find(w) != std::string_view::npos;
    });
}

bool leaving(Target const& target, View const& view) {
    if (!view.container || view.container->phase != Phase::running) return false;
    if (target.goal == Goal::unknown) return false;
    return target.goal != Goal::run || !current(target, *view.container);
}

Memory hindered(Memory memory, std::string error, Instant now) {
    memory.recreate = true;
    memory.error = std::move(error);
    return postponed(std::move(memory), now);
}

Memory
exited(Memory memory, Container const& container, std::vector<std::string> log_tail, Instant now) {
    bool const ours = unhealthy(container, memory);
    memory.handled_exit = container.exit();
    memory.retry_at = now + crash_delay(memory.restarts);
    ++memory.restarts;
    memory.failed = false;
    memory.crashed = true;
    memory.exit_code = container.exit_code;
    memory.log_tail = std::move(log_tail);
    if (ours) return memory;
    memory.error = container.out_of_memory
                       ? fmt::format("ran out of memory (exit code {})", container.exit_code)
                       : fmt::format("exited with code {}", container.exit_code);
    return memory;
}

Memory probed(Memory memory, Target const& target, ProbeResult const& result, Instant now) {
    auto& gates = memory.gates;
    gates.probed = true;
    gates.port_open = gates.port_open || result.port_open;
    if (!gates.port_open) gates.next_probe = now + kPortInterval;
    if (!result.healthy || !target.spec || !target.spec->health_check) return memory;
    auto const& check = *target.spec->health_check;
    if (*result.healthy) {
        gates.health = Health::healthy;
        gates.strikes = 0;
    } else {
        strike(memory, check, result.reason, now);
    }
    bool const settled = gates.health == Health::healthy;
    auto const pause =
        settled ? core::Millis(core::Seconds(std::max(1, check.interval))) : kFirstHealthInterval;
    gates.next_probe = now + (gates.port_open ? pause : kPortInterval);
    return memory;
}

model::Observation
observe(Target const& target, View const& view, Memory const& memory, InstanceState state) {
    model::Observation out{.state = state, .target = target.revision};
    if (view.container) {
        out.revision = view.container->revision;
        out.container_id = view.container->id;
        bool const same_run = memory.gates.run == view.container->run();
        if (same_run) out.health = memory.gates.health;
    }
    out.exit_code = memory.exit_code;
    out.error = memory.error;
    out.log_tail = memory.log_tail;
    out.restarts = memory.restarts;
    return out;
}

} // namespace kontena::reconciler::node
