#pragma once

#include "core/net/http.hpp"
#include "core/net/stream.hpp"
#include "core/net/url.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace kontena::net {

/// Opens a connection within the given time.
using Connector = std::function<awaitable<core::Result<StreamPtr>>(Millis)>;

Connector tcp_connector(std::string host, std::uint16_t port);
Connector tls_connector(std::string host, std::uint16_t port, TlsClientOptions tls);
Connector unix_connector(std::string path);
/// What the scheme asks for.
Connector connector_for(Url const& url, TlsClientOptions tls);

struct HttpClientOptions {
    std::string host = "localhost";          ///< the Host field
    Headers headers;                         ///< sent with every request that does not set them
    std::size_t max_header = 64 * 1024;      ///< of a response
    std::size_t max_body = 64 * 1024 * 1024; ///< of a response that is not streamed
    std::size_t max_idle_connections = 4;
    Millis idle_lifetime{30'000}; ///< a connection unused for longer is not used again
    Millis connect_limit{10'000};
};

/// The body of a response, piece by piece. Owns its connection; destroying it closes it.
class StreamingResponse {
public:
    StreamingResponse(StreamingResponse&&) noexcept;
    StreamingResponse& operator=(StreamingResponse&&) noexcept;
    ~StreamingResponse();

    int status() const;
    Headers const& headers() const;
    bool ok() const;

    /// The next bytes as they arrive (1 to 64 KiB, not aligned to lines or chunks), empty at the
    /// end of the body, Errc::timeout after `idle` without a byte, Errc::unavailable if the body is
    /// cut off.
    awaitable<core::Result<std::optional<std::string>>> next_chunk(Millis idle);

    /// All that is left: for the body of a refusal.
    awaitable<core::Result<std::string>> read_all(std::size_t max_bytes, Millis limit);

    struct Impl;
    explicit StreamingResponse(std::unique_ptr<Impl> impl);

private:
    std::unique_ptr<Impl> impl_;
};

/// A connection that left HTTP: `stream` begins with the first byte after the head of the answer.
struct Upgraded {
    HttpResponse head;
    StreamPtr stream;
};

/// HTTP/1.1 to one server, with connections kept alive. Any number of requests at a time, each on
/// its own connection. It must outlive its calls. Only idempotent requests, and those of which
/// nothing was sent, are repeated, once, and only when a kept connection turned out to be dead.
/// An answer with an error status is a value, not an Error.
class HttpClient {
public:
    HttpClient(Connector connector, HttpClientOptions options);
    HttpClient(HttpClient const&) = delete;
    HttpClient& operator=(HttpClient const&) = delete;
    ~HttpClient();

    awaitable<core::Result<HttpResponse>> request(HttpRequest request, Millis limit);

    /// Returns when the head of the answer is there.
    awaitable<core::Result<StreamingResponse>> open_stream(HttpRequest request, Millis head_limit);

    /// For protocols that take over the connection (Docker's attach and exec): adds
    /// `Connection: Upgrade` and `Upgrade: tcp` unless set. Any answer but 101 or 200 is an Error
    /// with its status translated and its body as the message.
    awaitable<core::Result<Upgraded>> upgrade(HttpRequest request, Millis limit);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace kontena::net
