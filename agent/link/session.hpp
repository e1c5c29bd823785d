#pragma once

#include "agent/link/outbox.hpp"
#include "core/base/time.hpp"
#include "core/wire/messages.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace kontena::agent {

/// The agent's side of one connection, without I/O: frames and time in, frames and verdicts out.
class Session {
public:
    using Instant = std::chrono::steady_clock::time_point;

    static constexpr core::Millis kHeartbeat{3000};
    static constexpr core::Millis kSilence{10'000};
    static constexpr core::Millis kAckLimit{20'000};
    static constexpr core::Millis kCoalesce{50};

    /// What a message means to the driver.
    struct Nothing {};

    struct Accepted {
        wire::Welcome welcome;
    };

    struct Refused {
        wire::Rejected answer;
    };

    struct Assigned {
        wire::Assignments assignments;
    };

    struct Broken {
        std::string reason; ///< drop the connection
    };

    using Verdict = std::variant<Nothing, Accepted, Refused, Assigned, Broken>;

    /// `outbox` outlives it.
    Session(wire::Hello hello, Outbox& outbox, Instant now);

    Verdict on_message(wire::Message message, Instant now);

    /// A frame arrived, of whatever kind.
    void heard(Instant now) { last_heard_ = now; }

    void report_node(wire::NodeReport report) { node_ = std::move(report); }

    /// All observations, after each connect and before any change.
    void report_all(std::vector<model::Observation> all) { outbox_.stage_full(std::move(all)); }

    /// The next frame to send now; state goes first. Call until it is empty.
    std::optional<wire::Message> next(Instant now, core::TimePoint wall);

    /// When to call next() or overdue() again, at the latest.
    Instant wake_at() const;

    /// Why the connection has to be given up, if it has to.
    std::optional<std::string> overdue(Instant now) const;

    bool accepted() const { return epoch_.has_value(); }

private:
    std::optional<wire::Hello> hello_;
    Outbox& outbox_;
    std::optional<wire::NodeReport> node_;
    std::optional<std::uint64_t> epoch_;
    Instant last_heard_;
    Instant last_sent_;
    Instant last_batch_;
};

} // namespace kontena::agent
