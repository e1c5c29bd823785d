#pragma once

#include "core/model/assignment.hpp"
#include "reconciler/node/identity.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The life of one instance on a node: pull, prepare, create, start, gates, running; stop, remove.
///
/// The shell keeps a Memory per instance and goes round: look at the container, remember() what
/// that tells, decide() what to do, do it, tell the Memory how it went. Nothing depends on having
/// seen an event; a Memory that was lost costs a pull and a probe.
namespace kontena::reconciler::node {

/// Monotonic time: a clock that is set must not shorten or stretch a back-off.
using Instant = std::chrono::steady_clock::time_point;

inline constexpr core::Seconds kStableAfter{10}; ///< ready for so long = the trouble is over
inline constexpr core::Seconds kMaxCrashDelay{30};
inline constexpr core::Seconds kMaxRetryDelay{60};
inline constexpr core::Seconds kSettleTime{1}; ///< a new run without gates must last so long
inline constexpr core::Millis kPortInterval{250};
inline constexpr core::Millis kFirstHealthInterval{1000}; ///< until a check succeeds
inline constexpr core::Seconds kStrikeInterval{5}; ///< between failures that count, until then
inline constexpr int kUnhealthyStrikes = 3;

enum class Goal {
    unknown, ///< the assignments are not known: look, but change nothing
    run,
    stop,   ///< the container stays
    keep,   ///< not assigned here any more, but its data may be needed: stopped and left alone
    remove, ///< container and anonymous volumes go; named volumes never do
};

/// What one instance should be on this node.
struct Target {
    Goal goal = Goal::unknown;
    std::int64_t revision = 0;
    std::string digest;
    std::shared_ptr<model::ServiceSpec const> spec; ///< of goals run and stop

    friend bool operator==(Target const& a, Target const& b) {
        return a.goal == b.goal && a.revision == b.revision && a.digest == b.digest;
    }
};

enum class Phase { created, running, exited, removing };

/// A container of ours, as the engine shows it.
struct Container {
    std::string id;
    Phase phase = Phase::created;
    std::int64_t revision = 0;
    std::string digest;
    bool stateful = false;
    std::int64_t stop_grace_period = 10;
    int exit_code = 0;
    bool out_of_memory = false;
    std::string start_error; ///< what the engine said when it could not start it
    std::string started_at;  ///< tell one run from another
    std::string finished_at;
    std::string address; ///< where its ports are reached; empty = none

    std::string run() const { return id + "@" + started_at; }

    std::string exit() const { return id + "@" + finished_at; }
};

/// What stands under the name of the instance: nothing, our container, or somebody else's.
struct View {
    std::optional<Container> container;
    std::string foreign; ///< whose it is, in words; empty = nobody else's
};

/// Gates of one run of one container.
struct Gates {
    std::string run;
    Instant seen;       ///< when it was first seen to run
    Instant next_probe; ///< not before
    Instant last_strike;
    int strikes = 0; ///< health checks that failed, in a row
    bool probed = false;
    bool port_open = false;
    bool settling = false; ///< we started it, so it has yet to show that it lasts
    model::Health health = model::Health::unknown;
    std::optional<Instant> ready_since;
};

struct Memory {
    int restarts = 0; ///< exits and failed attempts in a row
    std::optional<Instant> retry_at;
    bool image_ready = false;  ///< pulled for this target
    bool prepared = false;     ///< configuration checked, volumes made
    bool failed = false;       ///< the last attempt failed
    bool just_started = false; ///< by us; the run was not seen yet
    bool crashed = false;      ///< the last run ended by itself or was unhealthy
    bool recreate = false;     ///< it could not be started: make a new one
    std::string handled_exit;  ///< Container::exit() that was counted, or that we wanted
    Gates gates;
    std::string error;
    std::optional<int> exit_code;
    std::vector<std::string> log_tail;
};

struct Nothing {};

struct Pull {};

struct Prepare {};

struct Create {};

struct Start {
    std::string id;
};

struct Stop {
    std::string id;
    std::int64_t grace = 10;
};

struct Remove {
    std::string id;
    bool anonymous_volumes = false;
};

/// Fetch the last log lines, then exited().
struct RecordExit {
    std::string id;
};

/// Check the gates, then probed().
struct Probe {
    std::string address;
    std::optional<std::uint16_t> port;
    std::optional<model::HealthCheck> health;
};

/// Cannot go on as things are: failed().
struct Refuse {
    std::string reason;
};

/// Nothing of it is left to look after.
struct Forget {};

using Action = std::
    variant<Nothing, Pull, Prepare, Create, Start, Stop, Remove, RecordExit, Probe, Refuse, Forget>;

struct Step {
    Action action;
    model::InstanceState state = model::InstanceState::pending; ///< while the action goes on
    std::optional<Instant> wake_at; ///< with Nothing: look again then, even without news
};

struct ProbeResult {
    bool port_open = false;      ///< true also when no port was asked for
    std::optional<bool> healthy; ///< empty = not checked
    std::string reason;          ///< why not
};

/// What the look at the container tells: a new run, an exit that we wanted, ten good seconds.
Memory remember(Memory memory, Target const& target, View const& view, Instant now);

/// Forgets what was about another target.
Memory retarget(Memory memory, Target const& before, Target const& after);

Step decide(Target const& target, View const& view, Memory const& memory, Instant now);

/// An attempt failed; the next one comes after 1, 2, 4 … 60 s.
Memory failed(Memory memory, std::string error, Instant now);

/// Not the instance's fault (the engine is away, a removal is under way): try again soon.
Memory postponed(Memory memory, Instant now);

/// It was started.
Memory started(Memory memory);

/// It could not be started.
Memory not_started(Memory memory, std::string error, Instant now);

/// True for what an engine says when a host port is in use.
bool port_taken(std::string_view engine_error);

/// Its container runs, but has to stop: it is not wanted here, or another one takes its place.
bool leaving(Target const& target, View const& view);

/// It could not be started because an instance that is leaving still has the port. That is no
/// failure and will pass: try again soon.
Memory hindered(Memory memory, std::string error, Instant now);

/// A run ended that should have gone on: the next one starts after 0, 1, 4, 9 … 30 s.
Memory
exited(Memory memory, Container const& container, std::vector<std::string> log_tail, Instant now);

Memory probed(Memory memory, Target const& target, ProbeResult const& result, Instant now);

/// What the master is told. `since` is left to the caller.
model::Observation
observe(Target const& target, View const& view, Memory const& memory, model::InstanceState state);

} // namespace kontena::reconciler::node
