#include "core/net/websocket.hpp"

#include "core/async/timeout.hpp"
#include "core/net/detail/close_on_cancel.hpp"
#include "core/net/detail/failure.hpp"
#include "core/net/http_client.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kontena::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using core::Errc;
using core::fail;
using core::Result;

namespace {

/// Beast wants to own the next layer by value.
class OwnedStream {
public:
    using executor_type = AnyStream::executor_type;

    explicit OwnedStream(StreamPtr stream)
        : stream_(std::move(stream)) {}

    executor_type get_executor() { return stream_->get_executor(); }

    template <class Sequence, class Token>
    auto async_read_some(Sequence const& buffers, Token&& token) {
        return stream_->async_read_some(buffers, std::forward<Token>(token));
    }

    template <class Sequence, class Token>
    auto async_write_some(Sequence const& buffers, Token&& token) {
        return stream_->async_write_some(buffers, std::forward<Token>(token));
    }

    AnyStream& get() { return *stream_; }

    // Beast finds these two by argument: what to do after the closing handshake, and on a time-out.
    template <class Handler>
    friend void async_teardown(beast::role_type /*role*/, OwnedStream& self, Handler&& handler) {
        self.stream_->close();
        auto done = [h = std::forward<Handler>(handler)]() mutable { std::move(h)(error_code()); };
        asio::post(self.get_executor(), std::move(done));
    }

    friend void beast_close_socket(OwnedStream& self) { self.stream_->close(); }

private:
    StreamPtr stream_;
};

using Socket = websocket::stream<OwnedStream, false>; // no permessage-deflate

} // namespace

struct WebSocket::Impl {
    Impl(StreamPtr stream, WebSocketOptions opts)
        : options(opts)
        , peer(stream->peer())
        , socket(OwnedStream(std::move(stream))) {
        websocket::stream_base::timeout timeout{};
        timeout.handshake_timeout = options.handshake_limit;
        timeout.idle_timeout = options.idle_limit;
        timeout.keep_alive_pings = options.keep_alive_pings;
        socket.set_option(timeout);
        socket.read_message_max(options.max_message);
        socket.auto_fragment(false);
    }

    awaitable<core::Error> failed(std::string doing, error_code ec) {
        auto error = co_await detail::failed(fmt::format("{} {}", doing, peer), ec);
        if (ec == websocket::error::closed) {
            auto const& reason = socket.reason();
            error.message = fmt::format(
                "{} closed the connection: {} {}", peer, reason.code, reason.reason.c_str()
            );
        } else if (ec == beast::error::timeout) {
            error = fail(Errc::timeout, fmt::format("{} has fallen silent", peer));
        } else if (ec == websocket::error::message_too_big) {
            error = fail(
                Errc::invalid,
                fmt::format("a message from {} is larger than {} bytes", peer, options.max_message)
            );
        }
        co_return error;
    }

    awaitable<Result<void>> do_write(WsMessage message) {
        socket.binary(message.binary);
        error_code ec;
        detail::close_on_cancel(co_await asio::this_coro::cancellation_state, raw());
        co_await socket.async_write(asio::buffer(message.data), detail::uncancellable(ec));
        if (ec) co_return co_await failed("sending to", ec);
        co_return Result<void>();
    }

    awaitable<Result<void>> do_close(std::uint16_t code, std::string reason) {
        websocket::close_reason why;
        why.code = code;
        why.reason.assign(reason.data(), std::min(reason.size(), why.reason.max_size()));
        error_code ec;
        detail::close_on_cancel(co_await asio::this_coro::cancellation_state, raw());
        co_await socket.async_close(why, detail::uncancellable(ec));
        co_return Result<void>();
    }

    AnyStream* raw() { return &socket.next_layer().get(); }

    void abort() noexcept { raw()->close(); }

    WebSocketOptions options;
    std::string peer;
    beast::flat_buffer buffer;
    Socket socket;
};

WebSocket::WebSocket(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

WebSocket::~WebSocket() = default;

awaitable<Result<WsMessage>> WebSocket::read() {
    auto& socket = impl_->socket;
    auto& buffer = impl_->buffer;
    buffer.clear();
    error_code ec;
    detail::close_on_cancel(co_await asio::this_coro::cancellation_state, impl_->raw());
    co_await socket.async_read(buffer, detail::uncancellable(ec));
    if (ec) co_return co_await impl_->failed("reading from", ec);
    WsMessage message;
    message.binary = socket.got_binary();
    message.data = beast::buffers_to_string(buffer.data());
    co_return std::move(message);
}

awaitable<Result<void>> WebSocket::write(WsMessage message) {
    auto what = fmt::format("sending to {}", impl_->peer);
    auto sent = co_await async::with_timeout(
        impl_->do_write(std::move(message)), impl_->options.write_limit, what
    );
    // Half a frame may be on its way: nothing can follow it.
    if (!sent) impl_->abort();
    co_return sent;
}

awaitable<void> WebSocket::close(std::uint16_t code, std::string reason) {
    auto goodbye = impl_->do_close(code, std::move(reason));
    [[maybe_unused]] auto const ended =
        co_await async::with_timeout(std::move(goodbye), impl_->options.close_limit, "closing");
    impl_->abort();
}

void WebSocket::abort() noexcept { impl_->abort(); }

std::optional<std::uint16_t> WebSocket::close_code() const {
    auto const& reason = impl_->socket.reason();
    if (reason.code == websocket::close_code::none) return std::nullopt;
    return reason.code;
}

std::string WebSocket::close_reason() const { return impl_->socket.reason().reason.c_str(); }

std::string WebSocket::peer() const { return impl_->peer; }

bool is_websocket_upgrade(HttpRequest const& request) {
    auto const upgrade = request.headers.get("Upgrade");
    return request.method == "GET" && upgrade && equal_ignoring_case(*upgrade, "websocket") &&
           request.headers.has("Sec-WebSocket-Key");
}

awaitable<Result<WebSocketPtr>> open_websocket(
    StreamPtr stream,
    std::string host,
    std::string target,
    Headers headers,
    WebSocketOptions options
) {
    auto impl = std::make_unique<WebSocket::Impl>(std::move(stream), options);
    auto const decorate = [headers](websocket::request_type& request) {
        for (auto const& [name, value] : headers) request.set(name, value);
    };
    impl->socket.set_option(websocket::stream_base::decorator(decorate));
    websocket::response_type answer;
    error_code ec;
    detail::close_on_cancel(co_await asio::this_coro::cancellation_state, impl->raw());
    co_await impl->socket.async_handshake(answer, host, target, detail::uncancellable(ec));
    if (ec == websocket::error::upgrade_declined) {
        auto const status = static_cast<int>(answer.result_int());
        auto const text =
            answer.body().empty() ? std::string(reason_phrase(status)) : answer.body();
        // An answer without an error status means that no WebSocket lives at this address.
        auto const code = status >= 400 ? errc_of_status(status) : Errc::unavailable;
        co_return fail(
            code, fmt::format("{} refused the connection: {} {}", impl->peer, status, text)
        );
    }
    if (ec) co_return co_await impl->failed("opening a WebSocket to", ec);
    co_return std::make_unique<WebSocket>(std::move(impl));
}

namespace {

awaitable<Result<WebSocketPtr>>
do_connect(Url url, Headers headers, TlsClientOptions tls, Millis limit, WebSocketOptions options) {
    auto const connect = connector_for(url, std::move(tls));
    KCO_TRY(auto stream, co_await connect(limit));
    co_return co_await open_websocket(
        std::move(stream), url.authority(), url.target(), std::move(headers), options
    );
}

} // namespace

awaitable<Result<WebSocketPtr>> connect_websocket(
    Url url, Headers headers, TlsClientOptions tls, Millis limit, WebSocketOptions options
) {
    auto what = fmt::format("connecting to {}", url.authority());
    auto opening = do_connect(std::move(url), std::move(headers), std::move(tls), limit, options);
    return async::with_timeout(std::move(opening), limit, std::move(what));
}

awaitable<Result<WebSocketPtr>>
accept_websocket(StreamPtr stream, HttpRequest request, WebSocketOptions options) {
    http::request<http::empty_body> head;
    head.version(11);
    head.method_string(request.method);
    head.target(request.target);
    for (auto const& [name, value] : request.headers) head.insert(name, value);
    auto impl = std::make_unique<WebSocket::Impl>(std::move(stream), options);
    error_code ec;
    detail::close_on_cancel(co_await asio::this_coro::cancellation_state, impl->raw());
    co_await impl->socket.async_accept(head, detail::uncancellable(ec));
    if (ec) co_return co_await impl->failed("accepting a WebSocket from", ec);
    co_return std::make_unique<WebSocket>(std::move(impl));
}

} // namespace kontena::net
