#include "master/store/store.hpp"

#include "core/sys/log.hpp"

#include <algorithm>

namespace kontena::master {
namespace {

constexpr std::size_t kRecent = 20'000; ///< commits kept for watchers
constexpr std::size_t kMaxBatch = 512;  ///< transactions written together
constexpr core::Millis kForever = core::Millis::max();

} // namespace

Store::Store(
    asio::any_io_executor executor, std::unique_ptr<Backend> backend, async::Clock const& clock
)
    : backend_(std::move(backend))
    , clock_(clock)
    , queued_(executor)
    , published_(executor)
    , writer_(1, "store")
    , tasks_(executor, sys::log::reporter("store")) {}

awaitable<core::Result<void>> Store::open() {
    auto load = [this] { return backend_->load(); };
    KCO_TRY(durable_, co_await writer_.run(std::move(load)));
    head_ = durable_;
    tasks_.spawn("writer", write_loop());
    co_return core::Result<void>{};
}

awaitable<void> Store::close() {
    while (!queue_.empty()) {
        auto const seen = published_.epoch();
        queued_.notify();
        co_await published_.wait_after(seen, core::Millis(1000));
    }
    co_await tasks_.stop();
    writer_.stop();
}

awaitable<core::Result<Index>> Store::update(Build build) {
    auto txn = build(head_);
    if (!txn) co_return std::move(txn).error();
    if (txn->empty()) co_return durable_.index;
    auto commit = std::make_shared<Commit>();
    commit->index = head_.index + 1;
    commit->time = clock_.now();
    commit->cause = txn->cause();
    commit->changes = txn->changes();
    head_ = txn->state();
    head_.index = commit->index;
    auto pending = std::make_shared<Pending>();
    pending->commit = commit;
    pending->after = head_;
    queue_.push_back(pending);
    queued_.notify();
    while (!pending->done) {
        auto const seen = published_.epoch();
        co_await published_.wait_after(seen, kForever);
    }
    if (!pending->outcome) co_return pending->outcome.error();
    co_return commit->index;
}

awaitable<void> Store::write_loop() {
    for (;;) {
        while (queue_.empty()) {
            auto const seen = queued_.epoch();
            co_await queued_.wait_after(seen, kForever);
        }
        auto const count = std::min(queue_.size(), kMaxBatch);
        std::vector batch(queue_.begin(), queue_.begin() + std::ptrdiff_t(count));
        std::vector<std::shared_ptr<Commit const>> commits;
        for (auto const& pending : batch) commits.push_back(pending->commit);
        auto persist = [this, commits = std::move(commits)] { return backend_->persist(commits); };
        auto const outcome = co_await writer_.run(std::move(persist));
        finish(batch, outcome);
    }
}

void Store::finish(
    std::vector<std::shared_ptr<Pending>> const& batch, core::Result<void> const& outcome
) {
    if (outcome) {
        queue_.erase(queue_.begin(), queue_.begin() + std::ptrdiff_t(batch.size()));
        durable_ = batch.back()->after;
        for (auto const& pending : batch) recent_.push_back(pending->commit);
        while (recent_.size() > kRecent) recent_.pop_front();
        for (auto const& pending : batch) pending->done = true;
    } else {
        sys::log::error("store", "write refused", {{"error", to_string(outcome.error())}});
        // What was queued behind the failed batch was built on it: it is refused as well.
        for (auto const& pending : queue_) {
            pending->outcome = outcome;
            pending->done = true;
        }
        queue_.clear();
        head_ = durable_;
    }
    published_.notify();
}

Watch Store::watch() { return Watch(*this, durable_.index); }

Watch Store::watch(Index after) { return Watch(*this, after); }

awaitable<core::Result<std::vector<JournalRow>>> Store::journal(JournalQuery query) {
    auto read = [this, query = std::move(query)] { return backend_->journal(query); };
    co_return co_await writer_.run(std::move(read));
}

awaitable<core::Result<int>> Store::prune_journal(core::TimePoint before, int limit) {
    auto prune = [this, before, limit] { return backend_->prune_journal(before, limit); };
    co_return co_await writer_.run(std::move(prune));
}

awaitable<WatchBatch> Watch::next(core::Millis at_most) {
    WatchBatch out;
    auto const epoch = store_.published_.epoch();
    if (store_.durable_.index == seen_) co_await store_.published_.wait_after(epoch, at_most);
    auto const& recent = store_.recent_;
    if (store_.durable_.index == seen_) co_return out;
    if (recent.empty() || recent.front()->index > seen_ + 1) {
        out.resync = true;
    } else {
        auto const first =
            std::ranges::upper_bound(recent, seen_, {}, [](auto const& c) { return c->index; });
        out.commits.assign(first, recent.end());
    }
    seen_ = store_.durable_.index;
    co_return out;
}

} // namespace kontena::master
