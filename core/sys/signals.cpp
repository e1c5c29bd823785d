#include "core/sys/signals.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>

namespace kontena::sys {

awaitable<int> wait_for_stop_signal() {
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    // Leaving the set with this scope puts the default action back.
    asio::signal_set signals(executor, SIGINT, SIGTERM);
    co_return co_await signals.async_wait(asio::use_awaitable);
}

} // namespace kontena::sys
