#include "tests/sim/store.hpp"

namespace kontena::sim {

void Store::update(Build const& build, Stored stored) {
    auto txn = build(head_);
    if (!txn) return stored(std::move(txn).error());
    if (txn->empty()) return stored(durable_.index);
    if (on_decided) on_decided(head_, *txn);
    auto commit = std::make_shared<master::Commit>();
    commit->index = head_.index + 1;
    commit->cause = txn->cause();
    commit->changes = txn->changes();
    head_ = txn->state();
    head_.index = commit->index;
    queue_.push_back({std::move(commit), head_, std::move(stored)});
    if (writing_ == 0) write();
}

void Store::write() {
    writing_ = queue_.size();
    core::Millis const takes(trouble.slow > 0 ? trouble.slow : random_.between(1, 10));
    schedule_.after(takes, [this, life = life_, count = writing_] {
        if (life == life_) finish(count);
    });
}

void Store::finish(std::size_t count) {
    writing_ = 0;
    auto done = std::move(queue_);
    queue_.clear();
    if (trouble.broken > 0) {
        // What waits was built on what was refused.
        head_ = durable_;
        for (auto& one : done) one.stored(core::fail(core::Errc::unavailable, "the disk refuses"));
        return;
    }
    auto const end = done.begin() + std::ptrdiff_t(count);
    queue_.assign(std::make_move_iterator(end), std::make_move_iterator(done.end()));
    done.erase(end, done.end());
    durable_ = done.back().after;
    if (!queue_.empty()) write();
    Commits commits;
    for (auto const& one : done) commits.push_back(one.commit);
    for (auto& one : done) one.stored(one.commit->index);
    if (on_durable) on_durable(commits);
}

void Store::crash() {
    ++life_;
    if (writing_ > 0 && random_.chance(50)) durable_ = queue_[writing_ - 1].after;
    writing_ = 0;
    queue_.clear();
    head_ = durable_;
}

} // namespace kontena::sim
