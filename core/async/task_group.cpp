#include "core/async/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <list>
#include <utility>

namespace kontena::async {

namespace {

struct Task {
    std::string name;
    asio::cancellation_signal signal;
};

} // namespace

// Shared with the completion handlers of the tasks, which may be destroyed after the group when an
// io_context ends with tasks inside.
struct TaskGroup::State {
    State(asio::any_io_executor ex, Report to)
        : executor(ex)
        , report(std::move(to))
        , emptied(ex, asio::steady_timer::time_point::max()) {}

    void finished(std::list<Task>::iterator task, std::exception_ptr const& failure) {
        auto const name = std::move(task->name);
        tasks.erase(task);
        if (tasks.empty()) emptied.cancel();
        if (failure) tell(name, failure);
    }

    void tell(std::string const& name, std::exception_ptr const& failure) const {
        try {
            std::rethrow_exception(failure);
        } catch (boost::system::system_error const& error) {
            if (error.code() != asio::error::operation_aborted) report(name, error.what());
        } catch (std::exception const& error) {
            report(name, error.what());
        } catch (...) {
            report(name, "an exception of unknown type");
        }
    }

    asio::any_io_executor executor;
    Report report;
    bool stopping = false;
    std::list<Task> tasks;
    asio::steady_timer emptied; ///< never expires: cancelled to wake those who wait for the end
};

TaskGroup::TaskGroup(asio::any_io_executor executor, Report report)
    : state_(std::make_shared<State>(std::move(executor), std::move(report))) {}

TaskGroup::~TaskGroup() {
    if (state_->tasks.empty()) return;
    for (auto const& task : state_->tasks) {
        std::fprintf(stderr, "fatal: task group destroyed while '%s' runs\n", task.name.c_str());
    }
    std::abort();
}

bool TaskGroup::spawn(std::string name, awaitable<void> task) {
    if (state_->stopping) return false;
    auto& tasks = state_->tasks;
    auto const entry = tasks.emplace(tasks.end());
    entry->name = std::move(name);
    auto handler = [state = state_, entry](std::exception_ptr failure) {
        state->finished(entry, failure);
    };
    asio::co_spawn(
        state_->executor,
        std::move(task),
        asio::bind_cancellation_slot(entry->signal.slot(), std::move(handler))
    );
    return true;
}

void TaskGroup::cancel() {
    auto const state = state_;
    state->stopping = true;
    // Emitting may end a task on the spot, and with it its entry.
    for (auto next = state->tasks.begin(); next != state->tasks.end();) {
        auto const task = next++;
        task->signal.emit(asio::cancellation_type::terminal);
    }
}

awaitable<void> TaskGroup::stop() {
    auto const state = state_;
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    cancel();
    while (!state->tasks.empty()) {
        boost::system::error_code ignored;
        auto token = asio::redirect_error(asio::use_awaitable, ignored);
        co_await state->emptied.async_wait(
            asio::bind_cancellation_slot(asio::cancellation_slot(), token)
        );
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
}

awaitable<void> TaskGroup::drain() {
    auto const state = state_;
    while (!state->tasks.empty()) {
        boost::system::error_code ec;
        co_await state->emptied.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        // Woken by the last task, or by a cancellation, which the next await of the caller reports.
        auto const cancelled = co_await asio::this_coro::cancellation_state;
        if (cancelled.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
    }
}

std::size_t TaskGroup::size() const { return state_->tasks.size(); }

bool TaskGroup::stopping() const { return state_->stopping; }

asio::any_io_executor TaskGroup::get_executor() const { return state_->executor; }

} // namespace kontena::async
