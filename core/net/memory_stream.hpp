#pragma once

#include "core/net/stream.hpp"

#include <cstddef>
#include <utility>

namespace kontena::net {

/// Two connected streams in memory, each direction holding at most `capacity` bytes. The in-memory
/// twin of a socket, for tests and simulation.
std::pair<StreamPtr, StreamPtr>
make_memory_pipe(asio::any_io_executor executor, std::size_t capacity = 64 * 1024);

/// A stream that yields `head` before it reads from `rest`: for bytes that a parser took too many.
/// Returns `rest` itself if `head` is empty.
StreamPtr prepend(std::string head, StreamPtr rest);

} // namespace kontena::net
