#pragma once

#include "core/async/asio.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <memory>

namespace kontena::async {

/// Level-triggered wake-up of loops that look at state: "something may have changed, look again".
/// Many notifications before a look count as one. Use from the executor's thread only; another
/// thread posts to it.
///
/// One loop:     `while (true) { look(); co_await notifier.wait(1min); }`
/// Several loops, each with its own position, none of which may miss a notification:
///               `auto seen = notifier.epoch(); look(); co_await notifier.wait_after(seen, 1min);`
class Notifier {
public:
    explicit Notifier(asio::any_io_executor executor);
    Notifier(Notifier const&) = delete;
    Notifier& operator=(Notifier const&) = delete;
    ~Notifier();

    /// Wakes all who wait now; if nobody does, the next wait() returns at once.
    void notify();

    /// Returns true as soon as there was a notification that no earlier wait() has returned for,
    /// false after `at_most`. Cancellable.
    awaitable<bool> wait(core::Millis at_most);

    /// The number of notifications so far.
    std::uint64_t epoch() const;

    /// Returns true as soon as epoch() differs from `seen`, false after `at_most`. Cancellable.
    awaitable<bool> wait_after(std::uint64_t seen, core::Millis at_most);

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace kontena::async
