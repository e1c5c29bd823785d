#include "core/async/race.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>

namespace kontena::async {

namespace {

struct Runner {
    asio::cancellation_signal signal;
    bool done = false;
};

struct Field {
    explicit Field(asio::any_io_executor const& executor)
        : changed(executor, asio::steady_timer::time_point::max()) {}

    void finished(std::size_t who, std::exception_ptr const& failed) {
        auto& other = runners[1 - who];
        runners[who].done = true;
        if (failed && !failure && (!other.done || !is_abort(failed))) failure = failed;
        changed.cancel();
        if (!other.done) other.signal.emit(asio::cancellation_type::terminal);
    }

    void cancel() {
        for (auto& runner : runners) {
            if (!runner.done) runner.signal.emit(asio::cancellation_type::terminal);
        }
    }

    bool done() const { return runners[0].done && runners[1].done; }

    static bool is_abort(std::exception_ptr const& failed) {
        try {
            std::rethrow_exception(failed);
        } catch (boost::system::system_error const& error) {
            return error.code() == asio::error::operation_aborted;
        } catch (...) {
            return false;
        }
    }

    asio::steady_timer changed; ///< never expires
    std::array<Runner, 2> runners;
    std::exception_ptr failure;
};

} // namespace

awaitable<void> race(awaitable<void> first, awaitable<void> second) {
    auto const executor = co_await asio::this_coro::executor;
    auto const field = std::make_shared<Field>(executor);
    std::array<awaitable<void>, 2> tasks{std::move(first), std::move(second)};
    for (std::size_t who = 0; who < tasks.size(); ++who) {
        auto handler = [field, who](std::exception_ptr failed) { field->finished(who, failed); };
        auto const slot = field->runners[who].signal.slot();
        asio::co_spawn(
            executor, std::move(tasks[who]), asio::bind_cancellation_slot(slot, std::move(handler))
        );
    }

    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    boost::system::error_code ec;
    bool cancelled = false;
    while (!field->done()) {
        if (cancelled) {
            auto token = asio::redirect_error(asio::use_awaitable, ec);
            co_await field->changed.async_wait(
                asio::bind_cancellation_slot(asio::cancellation_slot(), token)
            );
            continue;
        }
        co_await field->changed.async_wait(asio::redirect_error(asio::use_awaitable, ec));
        auto const state = co_await asio::this_coro::cancellation_state;
        cancelled = state.cancelled() != asio::cancellation_type::none;
        if (cancelled) field->cancel();
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (field->failure) std::rethrow_exception(field->failure);
}

} // namespace kontena::async
