#pragma once

#include "core/async/clock.hpp"
#include "master/store/store.hpp"

#include <map>
#include <set>

namespace kontena::master {

/// Looks at every service that something happened to, lets the reconciler decide, and stores what
/// it decided. Level-triggered: it starts with everything, and a commit is only a hint which
/// services to look at again.
class ReconcileLoop {
public:
    ReconcileLoop(Store& store, async::Clock const& clock);

    /// Runs until cancelled.
    awaitable<void> run();

private:
    void note(WatchBatch const& batch);
    void note(Change const& change);
    void mark_everything();
    void mark_due(core::TimePoint now);
    awaitable<bool> pass();
    core::Result<Txn> decide(State const& head);
    core::Millis until_next(core::TimePoint now) const;

    Store& store_;
    async::Clock const& clock_;
    std::set<core::ServiceId> dirty_;
    std::set<core::GridId> dirty_grids_; ///< all of their services
    std::map<core::ServiceId, core::TimePoint> wake_at_;
};

} // namespace kontena::master
