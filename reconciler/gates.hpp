#pragma once

#include "reconciler/view.hpp"

#include <string>

namespace kontena::reconciler {

inline constexpr int kCrashLimit = 3; ///< exits or failed attempts in a row

/// Whether an instance has passed the gates of its assignment.
enum class Gate { waiting, ready, failed };

struct GateResult {
    Gate gate = Gate::waiting;
    std::string reason; ///< why it failed, or what it waits for
};

/// Judges one instance against what it was assigned. Crash loops and failed attempts count from
/// kCrashLimit on; a deadline is the caller's matter.
GateResult judge(Instance const& instance);

/// The gate that an instance stands before: `node`, `pull`, `create`, `run`, `wait_for_port` or
/// `health_check`.
std::string gate_of(model::Observation const* seen, model::ServiceSpec const& spec);

/// How many instances may be unavailable at once: total × (1 − min_health), rounded down, at least
/// one. Exact: 0.8 of 10 leaves 2, not 1.
int unavailable_budget(int total, double min_health);

} // namespace kontena::reconciler
