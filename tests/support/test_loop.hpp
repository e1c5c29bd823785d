#pragma once

#include "core/async/asio.hpp"
#include "core/base/result.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

namespace kontena::tests {

/// Runs a test written as a coroutine on a loop of its own; it fails if it takes longer than
/// `limit`. Exceptions fail the test.
inline void run(awaitable<void> test, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    asio::io_context loop{1};
    bool finished = false;
    std::exception_ptr failure;
    asio::co_spawn(loop, std::move(test), [&](std::exception_ptr thrown) {
        finished = true;
        failure = std::move(thrown);
    });
    loop.run_for(limit);
    if (failure) std::rethrow_exception(failure);
    EXPECT_TRUE(finished) << "the test did not end in time";
}

/// The value of a Result that must be there (ASSERT_TRUE cannot stand in a coroutine).
template <class T>
T must(core::Result<T> result) {
    if (!result) throw std::runtime_error(to_string(result.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

} // namespace kontena::tests
