#pragma once

#include "core/async/task_group.hpp"
#include "core/base/result.hpp"

#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>
#include <utility>

namespace kontena::cli {

/// Waits for an answer on a loop of its own, for callers that are no coroutines: the stack file
/// reader asks its questions so. What is awaited must not belong to another loop.
template <class T>
core::Result<T> wait_for(awaitable<core::Result<T>> work) {
    std::optional<core::Result<T>> out;
    std::string failure = "the answer did not come";
    asio::io_context loop(1);
    async::TaskGroup tasks(loop.get_executor(), [&](std::string_view, std::string_view what) {
        failure = what;
    });
    // The lambda lives until the loop is done.
    auto const keep = [&out](awaitable<core::Result<T>> task) -> awaitable<void> {
        out = co_await std::move(task);
    };
    tasks.spawn("question", keep(std::move(work)));
    loop.run();
    if (out) return std::move(*out);
    return core::fail(core::Errc::internal, failure);
}

} // namespace kontena::cli
