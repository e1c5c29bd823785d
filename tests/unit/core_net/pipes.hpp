#pragma once

#include "core/async/timeout.hpp"
#include "core/net/http_client.hpp"
#include "core/net/http_server.hpp"
#include "core/net/memory_stream.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <string>
#include <utility>

namespace kontena::net::tests {

using kontena::tests::must;
using kontena::tests::run;

/// Connects a client to a server in memory, counting the connections.
inline Connector connect_to(HttpServer* server, int* connections) {
    return [=](Millis /*limit*/) -> awaitable<core::Result<StreamPtr>> {
        auto [mine, theirs] = make_memory_pipe(co_await asio::this_coro::executor);
        ++*connections;
        if (!server->serve(std::move(theirs)))
            co_return core::fail(core::Errc::unavailable, "refused");
        co_return std::move(mine);
    };
}

/// To a side that may have closed already.
inline awaitable<void> send(AnyStream* stream, std::string text) {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await asio::async_write(*stream, asio::buffer(text), token);
}

/// All that comes until the other side closes.
inline awaitable<std::string> receive_all(AnyStream* stream) {
    std::string out;
    std::string piece(4096, '\0');
    while (true) {
        boost::system::error_code ec;
        auto const size = co_await stream->async_read_some(
            asio::buffer(piece), asio::redirect_error(asio::use_awaitable, ec)
        );
        if (ec) break;
        out.append(piece, 0, size);
    }
    co_return out;
}

/// What comes until `end` is seen, or the other side closes.
inline awaitable<std::string> receive_until(AnyStream* stream, std::string end) {
    std::string out;
    while (out.find(end) == std::string::npos) {
        char c = 0;
        boost::system::error_code ec;
        co_await stream->async_read_some(
            asio::buffer(&c, 1), asio::redirect_error(asio::use_awaitable, ec)
        );
        if (ec) break;
        out += c;
    }
    co_return out;
}

} // namespace kontena::net::tests
