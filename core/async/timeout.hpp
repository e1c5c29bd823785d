#pragma once

#include "core/async/asio.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"

#include <optional>
#include <string>
#include <utility>

namespace kontena::async {

using core::Millis;

/// Suspends the caller. Cancellable.
awaitable<void> sleep_for(Millis duration);

namespace detail {

/// Runs `task`; cancels it after `limit`. Returns when the task has ended, in either case, so that
/// what the task refers to may live in the caller. Exceptions of the task become the caller's.
awaitable<void> run_for(awaitable<void> task, Millis limit);

/// `out` lives in with_timeout(), which outlives this task.
template <class T>
awaitable<void> store(awaitable<core::Result<T>> op, std::optional<core::Result<T>>* out) {
    out->emplace(co_await std::move(op));
}

core::Error timed_out(std::string const& what, Millis limit);

} // namespace detail

/// Runs `op` for at most `limit`, then cancels it, waits for it to unwind, and returns
/// Errc::timeout with "`what`: no answer within 5s". A result that arrives in the same instant
/// wins. A cancellation of the caller reaches `op` and unwinds both.
template <class T>
awaitable<core::Result<T>>
with_timeout(awaitable<core::Result<T>> op, Millis limit, std::string what) {
    std::optional<core::Result<T>> out;
    co_await detail::run_for(detail::store(std::move(op), &out), limit);
    if (!out) co_return detail::timed_out(what, limit);
    co_return std::move(*out);
}

} // namespace kontena::async
