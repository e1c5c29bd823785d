#pragma once

#include "core/net/http.hpp"
#include "core/net/stream.hpp"
#include "core/net/websocket.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace kontena::net {

struct ConnectionInfo {
    std::string peer; ///< address and port
    bool secure = false;
};

/// Sends the body of a StreamReply. Valid until the producer returns.
class BodyWriter {
public:
    virtual ~BodyWriter() = default;
    /// Sends one piece at once. Fails when the client is gone or takes nothing for too long; the
    /// producer then returns.
    virtual awaitable<core::Result<void>> write(std::string piece) = 0;
};

/// A body of unknown length (chunked), as for NDJSON and follow streams. The producer is cancelled
/// when the client goes away or the server stops. The connection closes after it.
struct StreamReply {
    int status = 200;
    Headers headers;
    std::function<awaitable<void>(BodyWriter&)> produce; ///< the writer outlives the call
};

/// Refused with 426 if the request did not ask for a WebSocket.
struct WebSocketReply {
    std::function<awaitable<void>(WebSocketPtr)> run;
    WebSocketOptions options;
};

/// Sends the head, then gives the connection away (Docker's hijacking; the twin of
/// HttpClient::upgrade).
struct UpgradeReply {
    HttpResponse head;
    std::function<awaitable<void>(StreamPtr)> run;
};

using HttpReply = std::variant<HttpResponse, StreamReply, WebSocketReply, UpgradeReply>;

/// Runs on the server's executor, cancelled when the server stops. An exception is answered with
/// 500.
using HttpHandler = std::function<awaitable<HttpReply>(HttpRequest, ConnectionInfo)>;

struct HttpServerOptions {
    std::size_t max_header = 16 * 1024;
    std::size_t max_body = 8 * 1024 * 1024;
    std::size_t max_connections = 10'000; ///< one more is closed at once
    Millis handshake_limit{10'000};
    Millis header_limit{10'000}; ///< from the first byte of a request to the end of its head
    Millis body_limit{60'000};
    Millis idle_limit{75'000};  ///< between requests on one connection
    Millis write_limit{30'000}; ///< for one response or one piece of a stream
    /// Makes the answer to what never reaches the handler: a bad head, a body that is too large, a
    /// handler that failed. The default is plain text.
    std::function<HttpResponse(int status, std::string reason)> refusal;
};

/// HTTP/1.1 with keep-alive on any number of listeners. Owned by the reactor thread.
class HttpServer {
public:
    HttpServer(asio::any_io_executor executor, HttpServerOptions options, HttpHandler handler);
    HttpServer(HttpServer const&) = delete;
    HttpServer& operator=(HttpServer const&) = delete;
    ~HttpServer();

    /// Starts to accept. Refused (false) after stop().
    bool serve(Listener listener);

    /// Serves one connection that something else accepted: a test's memory pipe.
    bool serve(StreamPtr stream);

    /// Stops to listen, closes idle connections, gives requests under way `grace` to end, then
    /// cancels them and waits.
    awaitable<void> stop(Millis grace);

    std::size_t connections() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kontena::net
