#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

/// The two names of Asio that every asynchronous header of the house needs.
namespace kontena {

namespace asio = boost::asio;
using asio::awaitable;

} // namespace kontena
