#pragma once

#include "core/async/asio.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace kontena::async {

/// A few threads for calls that block: SQL, Git, file trees, heavy pure work on a snapshot.
///
/// The queue is as long as there are coroutines that wait on it. A running call cannot be
/// cancelled: run() returns when the call has, and the caller's next await throws. stop() (or the
/// destructor) comes before the end of the io_context.
class BlockingPool {
public:
    /// `name` is what the threads are called (15 characters are shown).
    BlockingPool(std::size_t threads, std::string name);
    BlockingPool(BlockingPool const&) = delete;
    BlockingPool& operator=(BlockingPool const&) = delete;
    ~BlockingPool();

    /// Calls f() on the pool and resumes on the caller's executor with its result or exception.
    /// f owns what it uses, or refers to what outlives the pool. Throws operation_aborted if the
    /// pool is stopped.
    template <class F>
    awaitable<std::invoke_result_t<F&>> run(F f) {
        using T = std::invoke_result_t<F&>;
        auto call = std::make_shared<Call<F, T>>(std::move(f));
        co_await execute([call] { call->invoke(); });
        if (call->failure) std::rethrow_exception(call->failure);
        if constexpr (!std::is_void_v<T>) co_return std::move(*call->result);
    }

    /// Finishes the queued calls, ends the threads. Blocks; for the end of a process.
    void stop();

private:
    template <class F, class T>
    struct Call {
        explicit Call(F f)
            : function(std::move(f)) {}

        void invoke() noexcept {
            try {
                if constexpr (std::is_void_v<T>) {
                    function();
                } else {
                    result.emplace(function());
                }
            } catch (...) {
                failure = std::current_exception();
            }
        }

        F function;
        std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
        std::exception_ptr failure;
    };

    awaitable<void> execute(std::function<void()> job);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kontena::async
