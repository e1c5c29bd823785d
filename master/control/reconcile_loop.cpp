#include "master/control/reconcile_loop.hpp"

#include "core/async/timeout.hpp"
#include "core/sys/log.hpp"
#include "master/control/apply.hpp"
#include "master/control/grid_view.hpp"
#include "reconciler/rollout.hpp"

#include <algorithm>

namespace kontena::master {
namespace {

using namespace std::chrono_literals;

constexpr core::Millis kResync = 60s;      ///< a look at everything, whatever was noticed
constexpr core::Millis kAfterFailure = 1s; ///< when the disk refused

} // namespace

ReconcileLoop::ReconcileLoop(Store& store, async::Clock const& clock)
    : store_(store)
    , clock_(clock) {}

awaitable<void> ReconcileLoop::run() {
    auto watch = store_.watch();
    mark_everything();
    auto resync_at = clock_.now() + kResync;
    for (;;) {
        bool const stored = co_await pass();
        if (!stored) {
            mark_everything();
            co_await async::sleep_for(kAfterFailure);
        }
        auto const now = clock_.now();
        auto const batch = co_await watch.next(std::min(until_next(now), kResync));
        note(batch);
        mark_due(clock_.now());
        if (clock_.now() < resync_at) continue;
        mark_everything();
        resync_at = clock_.now() + kResync;
    }
}

void ReconcileLoop::note(WatchBatch const& batch) {
    if (batch.resync) mark_everything();
    for (auto const& commit : batch.commits) {
        for (auto const& change : commit->changes) note(change);
    }
}

void ReconcileLoop::note(Change const& change) {
    if (change.is<model::Service>()) {
        dirty_.emplace(change.key);
    } else if (change.is<model::Assignment>() || change.is<model::Observation>()) {
        dirty_.insert(core::service_of(core::InstanceId(change.key)));
    } else if (change.is<model::Deploy>()) {
        dirty_.insert(core::ServiceId(std::string(core::DeployId(change.key).parent())));
    } else if (change.is<model::Node>()) {
        dirty_grids_.insert(core::grid_of(core::NodeId(change.key)));
    } else if (change.is<model::Grid>()) {
        dirty_grids_.emplace(change.key);
    }
}

void ReconcileLoop::mark_everything() {
    store_.state().all<model::Grid>().for_each([&](auto const& id, auto const&) {
        dirty_grids_.insert(id);
    });
}

void ReconcileLoop::mark_due(core::TimePoint now) {
    for (auto const& [service, at] : wake_at_) {
        if (at <= now) dirty_.insert(service);
    }
}

core::Millis ReconcileLoop::until_next(core::TimePoint now) const {
    auto out = kResync;
    for (auto const& [service, at] : wake_at_)
        out = std::min(out, std::max(core::Millis(0), at - now));
    return out;
}

awaitable<bool> ReconcileLoop::pass() {
    if (dirty_.empty() && dirty_grids_.empty()) co_return true;
    Store::Build build = [this](State const& head) { return decide(head); };
    auto const outcome = co_await store_.update(std::move(build));
    if (!outcome)
        sys::log::warn(
            "reconcile", "decisions not stored", {{"error", to_string(outcome.error())}}
        );
    co_return outcome.has_value();
}

core::Result<Txn> ReconcileLoop::decide(State const& head) {
    auto grids = std::exchange(dirty_grids_, {});
    auto const dirty = std::exchange(dirty_, {});
    std::set<core::GridId> all = grids;
    for (auto const& service : dirty) all.insert(core::grid_of(service));
    auto const now = clock_.now();
    model::Cause cause{.kind = model::CauseKind::observation, .actor = "master"};
    Txn txn(head, cause);
    for (auto const& grid : all) {
        if (!head.find<model::Grid>(grid)) continue;
        auto const view = grid_view(head, grid);
        auto cluster = reconciler::Cluster::of(view);
        reconciler::Lookup const lookup = [&](core::ServiceId const& id) {
            auto const it = view.services.find(id);
            return it == view.services.end() ? nullptr : &it->second;
        };
        for (auto const& [id, service] : view.services) {
            // Services whose deploy waits for another one's are looked at with it.
            bool const deploying = service.deploy && !service.deploy->finished();
            if (!grids.contains(grid) && !dirty.contains(id) && !deploying) continue;
            auto const step = reconciler::advance(cluster, *view.grid, service, lookup, now);
            wake_at_.erase(id);
            if (step.wake_at) wake_at_.emplace(id, *step.wake_at);
            if (!step.note.empty())
                sys::log::info("reconcile", "assignments change", {{"why", step.note}});
            if (step.changes()) apply(txn, step);
        }
    }
    std::erase_if(wake_at_, [&](auto const& entry) {
        return !head.find<model::Service>(entry.first);
    });
    return txn;
}

} // namespace kontena::master
