#pragma once

#include "core/net/http.hpp"
#include "core/net/stream.hpp"
#include "core/net/url.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace kontena::net {

struct WsMessage {
    bool binary = false;
    std::string data;

    static WsMessage text(std::string data) { return {false, std::move(data)}; }

    static WsMessage bytes(std::string data) { return {true, std::move(data)}; }
};

struct WebSocketOptions {
    std::size_t max_message = 4 * 1024 * 1024;
    Millis idle_limit{10'000}; ///< closed after this long without a byte from the peer
    bool keep_alive_pings =
        true; ///< ping after half of idle_limit, so that only a dead peer is idle
    Millis write_limit{30'000};
    Millis handshake_limit{10'000};
    Millis close_limit{5'000};
};

/// One reader and one writer at a time: whoever shares it puts a queue in front of write(). close()
/// counts as a write. Pings are answered only while a read() is under way, so always have a reader.
/// A cancellation of one of its operations closes the connection; so does destroying it, without a
/// goodbye. Do not put a time-out around read(): the options have one.
class WebSocket {
public:
    WebSocket(WebSocket const&) = delete;
    WebSocket& operator=(WebSocket const&) = delete;
    ~WebSocket();

    /// The next message. Errc::unavailable when the connection has ended (close_code() says how),
    /// Errc::timeout when the peer fell silent, Errc::invalid when a message is too large.
    awaitable<core::Result<WsMessage>> read();

    /// Returns when the message is handed to the system. Errors as for read().
    awaitable<core::Result<void>> write(WsMessage message);

    /// Says goodbye; `reason` has at most 123 bytes. Never fails; afterwards the connection is
    /// closed.
    awaitable<void> close(std::uint16_t code, std::string reason);

    /// Drops the connection at once: reads and writes under way fail.
    void abort() noexcept;

    /// What the peer closed with, once read() has failed; empty if it went without a goodbye.
    std::optional<std::uint16_t> close_code() const;
    std::string close_reason() const;

    std::string peer() const;

    struct Impl;
    explicit WebSocket(std::unique_ptr<Impl> impl);

private:
    std::unique_ptr<Impl> impl_;
};

using WebSocketPtr = std::unique_ptr<WebSocket>;

/// `url` is ws, wss, http or https. A refusal has its status translated (unauthenticated, denied,
/// not_found, unavailable) and the body as the message.
awaitable<core::Result<WebSocketPtr>> connect_websocket(
    Url url, Headers headers, TlsClientOptions tls, Millis limit, WebSocketOptions options = {}
);

/// The client's handshake over a connection that is already open.
awaitable<core::Result<WebSocketPtr>> open_websocket(
    StreamPtr stream,
    std::string host,
    std::string target,
    Headers headers,
    WebSocketOptions options = {}
);

bool is_websocket_upgrade(HttpRequest const& request);

/// The server's handshake: answers `request`, whose head was read from `stream`.
awaitable<core::Result<WebSocketPtr>>
accept_websocket(StreamPtr stream, HttpRequest request, WebSocketOptions options = {});

} // namespace kontena::net
