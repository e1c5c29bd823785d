#include "master/control/reconcile_loop.hpp"

#include "core/async/timeout.hpp"
#include "core/sys/log.hpp"

#include <algorithm>

namespace kontena::master {
namespace {

using namespace std::chrono_literals;

constexpr core::Millis kResync = 60s;      ///< a look at everything, whatever was noticed
constexpr core::Millis kAfterFailure = 1s; ///< when the disk refused

} // namespace

ReconcileLoop::ReconcileLoop(Store& store, Controller& controller, async::Clock const& clock)
    : store_(store)
    , controller_(controller)
    , clock_(clock) {}

awaitable<void> ReconcileLoop::run() {
    auto watch = store_.watch();
    auto resync_at = clock_.now() + kResync;
    for (;;) {
        bool const stored = co_await pass();
        if (!stored) co_await async::sleep_for(kAfterFailure);
        // Which commits they are does not matter: the controller compares states.
        (void)co_await watch.next(stored ? until_next() : core::Millis(0));
        if (clock_.now() < resync_at) continue;
        controller_.look_at_everything();
        resync_at = clock_.now() + kResync;
    }
}

core::Millis ReconcileLoop::until_next() const {
    auto const due = controller_.wake_at();
    if (!due) return kResync;
    return std::clamp<core::Millis>(*due - clock_.now(), 0ms, kResync);
}

awaitable<bool> ReconcileLoop::pass() {
    std::vector<std::string> notes;
    Store::Build build = [&](State const& head) -> core::Result<Txn> {
        auto decision = controller_.decide(head, clock_.now());
        notes = std::move(decision.notes);
        return std::move(decision.txn);
    };
    auto const outcome = co_await store_.update(std::move(build));
    for (auto const& note : notes)
        sys::log::info("reconcile", "assignments change", {{"why", note}});
    if (!outcome)
        sys::log::warn(
            "reconcile", "decisions not stored", {{"error", to_string(outcome.error())}}
        );
    co_return outcome.has_value();
}

} // namespace kontena::master
