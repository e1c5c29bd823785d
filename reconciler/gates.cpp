#include "reconciler/gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kontena::reconciler {
namespace {

using model::InstanceState;

std::string describe(model::Observation const& seen) {
    if (!seen.error.empty()) return seen.error;
    if (seen.exit_code) return fmt::format("exited with code {}", *seen.exit_code);
    return std::string(seen.health == model::Health::unhealthy ? "unhealthy" : "");
}

std::string_view state_words(InstanceState state) {
    switch (state) {
    case InstanceState::pending:
        return "waits for its node to begin";
    case InstanceState::pulling:
        return "pulls its image";
    case InstanceState::creating:
        return "its container is being made";
    case InstanceState::starting:
        return "its container is not ready yet";
    case InstanceState::running:
        return "runs";
    case InstanceState::restarting:
        return "its container exited";
    case InstanceState::stopping:
        return "stops";
    case InstanceState::stopped:
        return "is stopped";
    case InstanceState::failed:
        return "cannot be started";
    }
    return "";
}

} // namespace

GateResult judge(Instance const& instance) {
    if (!instance.assignment) return {Gate::waiting, "has no node yet"};
    auto const* seen = instance.observed();
    if (seen == nullptr) return {Gate::waiting, "its node has not answered yet"};
    bool const current = seen->revision == instance.assignment->revision;
    bool const up =
        seen->state == InstanceState::running && seen->health != model::Health::unhealthy;
    if (current && up) return {Gate::ready, {}};
    bool const about = seen->target == instance.assignment->revision;
    if (!about) return {Gate::waiting, "its node has not begun yet"};
    bool const broken =
        seen->state == InstanceState::failed || seen->state == InstanceState::restarting;
    auto words = describe(*seen);
    if (words.empty()) words = std::string(state_words(seen->state));
    if (broken && seen->restarts >= kCrashLimit) return {Gate::failed, std::move(words)};
    return {Gate::waiting, std::move(words)};
}

int unavailable_budget(int total, double min_health) {
    constexpr std::int64_t scale = 1'000'000;
    auto const keep = std::clamp<std::int64_t>(std::llround(min_health * scale), 0, scale);
    return std::max(1, int(total * (scale - keep) / scale));
}

std::string gate_of(model::Observation const* seen, model::ServiceSpec const& spec) {
    if (seen == nullptr) return "node";
    switch (seen->state) {
    case InstanceState::pending:
        return "node";
    case InstanceState::pulling:
        return "pull";
    case InstanceState::creating:
    case InstanceState::failed:
        return "create";
    case InstanceState::starting:
        break;
    default:
        return seen->health == model::Health::unhealthy ? "health_check" : "run";
    }
    if (seen->health == model::Health::unhealthy) return "health_check";
    if (spec.deploy_opts.wait_for_port) return "wait_for_port";
    return spec.health_check ? "health_check" : "run";
}

} // namespace kontena::reconciler
