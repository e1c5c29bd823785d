#pragma once

#include "core/async/asio.hpp"

namespace kontena::async {

/// Runs both; as soon as one ends, the other is cancelled. Returns when both have ended. The
/// exception of whichever ended first becomes the caller's; so does one of the other that is not
/// the cancellation. A cancellation of the caller reaches both.
awaitable<void> race(awaitable<void> first, awaitable<void> second);

} // namespace kontena::async
