#pragma once

#include "core/async/asio.hpp"

namespace kontena::sys {

/// Returns the number of the first SIGINT or SIGTERM. From the second on the default action is
/// back, so that a program which hangs while it stops can be ended. Cancellable.
awaitable<int> wait_for_stop_signal();

} // namespace kontena::sys
