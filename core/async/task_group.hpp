#pragma once

#include "core/async/asio.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace kontena::async {

/// Told when a task ends with an exception that is not a cancellation.
using Report = std::function<void(std::string_view task, std::string_view what)>;

/// Owns background tasks: nothing runs in the background unless some stop() waits for it.
///
/// Make it the **last** data member of the class whose members the tasks touch, and end that class
/// with `co_await group.stop()`. Destroying a group that still has tasks is a bug and aborts the
/// process. All calls come from the executor's thread.
class TaskGroup {
public:
    /// `report` gets failures by name; `sys::log::reporter("area")` makes one that logs them.
    TaskGroup(asio::any_io_executor executor, Report report);
    TaskGroup(TaskGroup const&) = delete;
    TaskGroup& operator=(TaskGroup const&) = delete;
    ~TaskGroup();

    /// Starts the task (on the next turn of the loop), or destroys it unstarted and returns false
    /// if the group is stopping.
    bool spawn(std::string name, awaitable<void> task);

    /// Refuses new tasks and asks the running ones to end (terminal cancellation). Does not wait.
    void cancel();

    /// cancel(), then waits until all tasks have ended; a cancellation of the caller does not cut
    /// the wait short. A caller that may already be cancelled resets its state first (`this_coro::
    /// reset_cancellation_state()`), or this await throws before it begins. May be called again.
    awaitable<void> stop();

    /// Waits until no task is left, without asking any to end. Cancellable.
    awaitable<void> drain();

    std::size_t size() const;
    bool stopping() const;
    asio::any_io_executor get_executor() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace kontena::async
