#pragma once

#include "core/async/blocking.hpp"
#include "core/async/clock.hpp"
#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "master/store/backend.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace kontena::master {

/// What a watcher gets: the commits since its last look, in order, each exactly once; or `resync`
/// when it has fallen too far behind and must look at everything.
struct WatchBatch {
    std::vector<std::shared_ptr<Commit const>> commits;
    bool resync = false;
};

class Store;

/// A reader's position in the stream of commits. It must not outlive the store.
class Watch {
public:
    Watch(Store& store, Index after)
        : store_(store)
        , seen_(after) {}

    /// Returns when there is something new, or after `at_most` with an empty batch.
    awaitable<WatchBatch> next(core::Millis at_most);

    Index seen() const { return seen_; }

private:
    Store& store_;
    Index seen_;
};

/// The state of the master: in memory for reading, in the backend for keeping.
///
/// Writers run one after the other on the reactor's thread. `update` hands each the newest state,
/// including what is being written at that moment, so that a decision never rests on a state which
/// is overtaken; transactions that wait are written together. Readers see only what is durable:
/// nothing is published, sent or acknowledged before. If a write fails, it and all that were built
/// on it are refused, and the state is as before.
class Store {
public:
    using Build = std::function<core::Result<Txn>(State const&)>;

    Store(
        asio::any_io_executor executor, std::unique_ptr<Backend> backend, async::Clock const& clock
    );
    Store(Store const&) = delete;
    Store& operator=(Store const&) = delete;

    /// Reads everything. Before any other call.
    awaitable<core::Result<void>> open();
    /// Ends the writer after what is queued.
    awaitable<void> close();

    /// The durable state.
    State const& state() const { return durable_; }

    asio::any_io_executor executor() const { return tasks_.get_executor(); }

    /// Runs `build` on the newest state at once, then returns when its transaction is durable. An
    /// empty transaction writes nothing. Errc::unavailable when the disk refuses.
    awaitable<core::Result<Index>> update(Build build);

    /// Commits after `index` (default: from now on).
    Watch watch();
    Watch watch(Index after);

    awaitable<core::Result<std::vector<JournalRow>>> journal(JournalQuery query);
    awaitable<core::Result<int>> prune_journal(core::TimePoint before, int limit);

private:
    friend class Watch;

    struct Pending {
        std::shared_ptr<Commit const> commit;
        State after;
        core::Result<void> outcome{};
        bool done = false;
    };

    awaitable<void> write_loop();
    void
    finish(std::vector<std::shared_ptr<Pending>> const& batch, core::Result<void> const& outcome);

    std::unique_ptr<Backend> backend_;
    async::Clock const& clock_;
    State durable_;
    State head_;
    std::vector<std::shared_ptr<Pending>> queue_;
    std::deque<std::shared_ptr<Commit const>> recent_;
    async::Notifier queued_;
    async::Notifier published_;
    async::BlockingPool writer_;
    async::TaskGroup tasks_;
};

} // namespace kontena::master
