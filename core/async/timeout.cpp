#include "core/async/timeout.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <memory>

namespace kontena::async {

namespace {

// Far enough to mean "never", near enough not to overflow a clock.
constexpr Millis longest = std::chrono::hours(24 * 365);

struct Race {
    Race(asio::any_io_executor const& executor, Millis limit)
        : timer(executor, limit) {}

    asio::steady_timer timer; ///< the deadline; cancelled when the task ends
    asio::cancellation_signal signal;
    bool done = false;
    std::exception_ptr failure;
};

bool is_abort(std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (boost::system::system_error const& error) {
        return error.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

} // namespace

awaitable<void> sleep_for(Millis duration) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, std::min(duration, longest));
    co_await timer.async_wait(asio::use_awaitable);
}

namespace detail {

awaitable<void> run_for(awaitable<void> task, Millis limit) {
    auto const executor = co_await asio::this_coro::executor;
    auto const race = std::make_shared<Race>(executor, std::clamp(limit, Millis(0), longest));
    auto handler = [race](std::exception_ptr failure) {
        race->done = true;
        race->failure = std::move(failure);
        race->timer.cancel();
    };
    asio::co_spawn(
        executor,
        std::move(task),
        asio::bind_cancellation_slot(race->signal.slot(), std::move(handler))
    );

    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    boost::system::error_code ec;
    if (!race->done) co_await race->timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    bool const in_time = race->done;
    if (!in_time) race->signal.emit(asio::cancellation_type::terminal);
    while (!race->done) {
        race->timer.expires_at(asio::steady_timer::time_point::max());
        auto token = asio::redirect_error(asio::use_awaitable, ec);
        co_await race->timer.async_wait(
            asio::bind_cancellation_slot(asio::cancellation_slot(), token)
        );
    }
    co_await asio::this_coro::throw_if_cancelled(throws);

    auto const state = co_await asio::this_coro::cancellation_state;
    bool const cancelled = state.cancelled() != asio::cancellation_type::none;
    // The abort that the deadline itself caused is not news.
    if (race->failure && (in_time || cancelled || !is_abort(race->failure))) {
        std::rethrow_exception(race->failure);
    }
}

core::Error timed_out(std::string const& what, Millis limit) {
    return core::fail(
        core::Errc::timeout,
        fmt::format("{}: no answer within {}", what, core::format_duration(limit))
    );
}

} // namespace detail

} // namespace kontena::async
