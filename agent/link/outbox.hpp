#pragma once

#include "core/wire/messages.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace kontena::agent {

/// Observations on their way to the master: of several changes to one instance only the last is
/// kept, and one batch at a time is on its way, so that what waits is bounded by the instances.
class Outbox {
public:
    void put(model::Observation observation);
    void remove(core::InstanceId const& id);

    /// A new session: nothing goes out before stage_full().
    void begin_session();
    /// All that exists; replaces what waits.
    void stage_full(std::vector<model::Observation> all);

    /// The next batch, if there is one and the last one was acknowledged.
    std::optional<wire::Observations> next();
    void acknowledge(std::uint64_t seq);

    bool waiting() const { return open_ && !in_flight_ && (full_ || !changes_.empty()); }

    bool in_flight() const { return in_flight_.has_value(); }

private:
    std::uint64_t seq_ = 0;
    bool open_ = false;
    std::optional<std::uint64_t> in_flight_;
    std::optional<std::vector<model::Observation>> full_;
    std::map<core::InstanceId, std::optional<model::Observation>> changes_; ///< empty = removed
};

} // namespace kontena::agent
