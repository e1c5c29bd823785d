#pragma once

#include "core/base/time.hpp"

#include <chrono>
#include <optional>

namespace kontena::agent {

/// When to dial again. Full jitter everywhere, so that the agents of a master that restarts do not
/// come all at once. Pure: `jitter` is from 0 to 1.
class Reconnect {
public:
    using Instant = std::chrono::steady_clock::time_point;

    static constexpr core::Seconds kEager{60};  ///< for so long a lost master is looked for eagerly
    static constexpr core::Seconds kStable{30}; ///< a session that lasted so long counts as good
    static constexpr core::Seconds kLongest{90};
    static constexpr core::Seconds kLongestRefused{300};

    explicit Reconnect(Instant now)
        : since_(now) {}

    void accepted(Instant now);
    /// The connection was lost or never made.
    core::Millis after_failure(Instant now, double jitter);
    /// The master does not want us, and said when to ask again.
    core::Millis after_refusal(Instant now, core::Seconds retry_after, double jitter);

private:
    Instant since_; ///< when the trouble began
    int failures_ = 0;
    int refusals_ = 0;
    std::optional<Instant> accepted_at_;
};

} // namespace kontena::agent
