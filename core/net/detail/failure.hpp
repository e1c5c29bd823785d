#pragma once

#include "core/async/asio.hpp"
#include "core/base/error.hpp"

#include <boost/system/error_code.hpp>

#include <string>

namespace kontena::net::detail {

/// An error code in words, without Asio's decoration.
std::string describe(boost::system::error_code ec);

/// The failure of an operation: `doing` and the reason. If it failed because the calling coroutine
/// was cancelled, this await throws operation_aborted instead.
awaitable<core::Error> failed(std::string doing, boost::system::error_code ec);

} // namespace kontena::net::detail
