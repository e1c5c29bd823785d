#pragma once

#include "core/async/clock.hpp"
#include "master/control/controller.hpp"
#include "master/store/store.hpp"

namespace kontena::master {

/// Lets the controller look whenever something was stored or its time has come, and stores what it
/// decides. Level-triggered: a commit only wakes the loop.
class ReconcileLoop {
public:
    ReconcileLoop(Store& store, Controller& controller, async::Clock const& clock);

    /// Runs until cancelled.
    awaitable<void> run();

private:
    awaitable<bool> pass();
    core::Millis until_next() const;

    Store& store_;
    Controller& controller_;
    async::Clock const& clock_;
};

} // namespace kontena::master
