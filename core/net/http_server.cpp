#include "core/net/http_server.hpp"

#include "core/async/notifier.hpp"
#include "core/async/race.hpp"
#include "core/async/task_group.hpp"
#include "core/async/timeout.hpp"
#include "core/net/detail/failure.hpp"
#include "core/net/detail/http_io.hpp"
#include "core/net/memory_stream.hpp"
#include "core/sys/log.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <ctime>
#include <list>
#include <optional>
#include <utility>

namespace kontena::net {

using core::Errc;
using core::Result;
using detail::error_code;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

using Parser = http::request_parser<http::string_body>;

constexpr Millis goodbye_limit{2000};
constexpr Millis accept_pause{100};
/// A client that sends nothing for so long has seen that its body is refused.
constexpr Millis quiet_limit{100};
/// How much of a refused body is read, so that the client sees the answer instead of a reset.
constexpr std::size_t max_discarded = 8 * 1024 * 1024;

std::string http_date() {
    auto const now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::array<char, 40> text{};
    auto const size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    return {text.data(), size};
}

HttpResponse plain_refusal(int status, std::string reason) {
    HttpResponse out;
    out.status = status;
    out.headers.add("Content-Type", "text/plain; charset=utf-8");
    out.body = std::move(reason) + "\n";
    return out;
}

/// What a failed parse is answered with; 0 = the connection is of no use any more.
int status_for(error_code ec) {
    if (ec == http::error::header_limit) return 431;
    if (ec == http::error::body_limit) return 413;
    return ec.category() == make_error_code(http::error::bad_target).category() &&
                   ec != http::error::end_of_stream && ec != http::error::partial_message
               ? 400
               : 0;
}

awaitable<Result<error_code>> lift(awaitable<error_code> operation) {
    co_return co_await std::move(operation);
}

/// One connection as the server's stop() sees it.
struct Connection {
    enum class Phase {
        idle,  ///< waits for a request: may be closed at any time
        busy,  ///< a request is under way: may take the grace to end
        taken, ///< a stream, WebSocket or upgrade, which has no end of its own
    };

    AnyStream* stream = nullptr;
    Phase phase = Phase::idle;
};

struct Shared {
    Shared(asio::any_io_executor const& executor, HttpServerOptions opts, HttpHandler handle)
        : options(std::move(opts))
        , handler(std::move(handle))
        , changed(executor) {
        if (!options.refusal) options.refusal = plain_refusal;
    }

    std::size_t requests_under_way() const {
        std::size_t count = 0;
        for (auto const& one : connections) count += one.phase == Connection::Phase::busy ? 1 : 0;
        return count;
    }

    HttpServerOptions options;
    HttpHandler handler;
    bool stopping = false;
    std::list<Connection> connections;
    async::Notifier changed;
};

/// Sends the pieces of a body of unknown length.
class Writer final : public BodyWriter {
public:
    Writer(AnyStream* stream, Millis limit, bool chunked)
        : stream_(stream)
        , limit_(limit)
        , chunked_(chunked) {}

    awaitable<Result<void>> write(std::string piece) override {
        if (piece.empty()) co_return Result<void>(); // an empty chunk would end the body
        auto what = fmt::format("sending to {}", stream_->peer());
        auto sent = co_await async::with_timeout(send(std::move(piece)), limit_, std::move(what));
        if (!sent) stream_->close();
        co_return sent;
    }

    awaitable<Result<void>> finish() {
        if (!chunked_) co_return Result<void>();
        co_return co_await async::with_timeout(send_text("0\r\n\r\n"), limit_, "ending a body");
    }

    awaitable<Result<void>> send_text(std::string text) {
        error_code ec;
        co_await asio::async_write(
            *stream_, asio::buffer(text), asio::redirect_error(asio::use_awaitable, ec)
        );
        if (ec)
            co_return co_await detail::failed(fmt::format("sending to {}", stream_->peer()), ec);
        co_return Result<void>();
    }

private:
    awaitable<Result<void>> send(std::string piece) {
        auto const size = chunked_ ? fmt::format("{:x}\r\n", piece.size()) : std::string();
        std::string_view const end = chunked_ ? "\r\n" : "";
        std::array<asio::const_buffer, 3> const bytes{
            asio::buffer(size), asio::buffer(piece), asio::buffer(end)
        };
        error_code ec;
        co_await asio::async_write(*stream_, bytes, asio::redirect_error(asio::use_awaitable, ec));
        if (ec)
            co_return co_await detail::failed(fmt::format("sending to {}", stream_->peer()), ec);
        co_return Result<void>();
    }

    AnyStream* stream_;
    Millis limit_;
    bool chunked_;
};

/// The life of one connection. Lives in the frame of its task.
class Session {
public:
    Session(std::shared_ptr<Shared> shared, StreamPtr stream)
        : shared_(std::move(shared))
        , stream_(std::move(stream)) {
        info_.peer = stream_->peer();
        info_.secure = stream_->secure();
        entry_ = shared_->connections.insert(shared_->connections.end(), Connection{stream_.get()});
    }

    Session(Session const&) = delete;
    Session& operator=(Session const&) = delete;

    ~Session() {
        shared_->connections.erase(entry_);
        shared_->changed.notify();
    }

    awaitable<void> run() {
        auto const shaken = co_await stream_->handshake(options().handshake_limit);
        if (!shaken) {
            sys::log::debug(
                "http",
                "handshake failed",
                {{"peer", info_.peer}, {"reason", shaken.error().message}}
            );
            co_return;
        }
        while (co_await serve_one()) {
            if (shared_->stopping) break;
            enter(Connection::Phase::idle);
        }
        if (stream_) co_await stream_->shutdown(goodbye_limit);
    }

private:
    HttpServerOptions const& options() const { return shared_->options; }

    void enter(Connection::Phase phase) {
        entry_->phase = phase;
        shared_->changed.notify();
    }

    /// Reads and answers one request; false when the connection has served its last.
    awaitable<bool> serve_one() {
        if (buffer_.size() == 0) {
            auto const first = co_await async::with_timeout(
                lift(detail::read_more(stream_.get(), &buffer_)),
                options().idle_limit,
                "waiting for a request"
            );
            if (!first || *first) co_return false;
        }
        enter(Connection::Phase::busy);

        Parser parser;
        parser.header_limit(static_cast<std::uint32_t>(options().max_header));
        parser.body_limit(options().max_body);
        parser.eager(false);
        auto const has_head = [](Parser const& p) { return p.is_header_done(); };
        auto const headed = co_await async::with_timeout(
            lift(detail::parse_until(stream_.get(), &buffer_, &parser, has_head)),
            options().header_limit,
            "head"
        );
        if (!headed)
            co_return co_await refuse(408, "the head of the request did not arrive in time");
        if (*headed) co_return co_await refuse(*headed);

        auto const expect = parser.get()[http::field::expect];
        if (!parser.is_done() &&
            net::equal_ignoring_case({expect.data(), expect.size()}, "100-continue")) {
            auto out = writer(false);
            auto going_on = out.send_text("HTTP/1.1 100 Continue\r\n\r\n");
            auto const sent = co_await async::with_timeout(
                std::move(going_on), options().write_limit, "continue"
            );
            if (!sent) co_return false;
        }
        parser.eager(true);
        auto const is_done = [](Parser const& p) { return p.is_done(); };
        auto const whole = co_await async::with_timeout(
            lift(detail::parse_until(stream_.get(), &buffer_, &parser, is_done)),
            options().body_limit,
            "body"
        );
        if (!whole)
            co_return co_await refuse(408, "the body of the request did not arrive in time");
        if (*whole) co_return co_await refuse(*whole);

        keep_alive_ = parser.keep_alive() && parser.get().version() == 11;
        http_1_1_ = parser.get().version() == 11;
        HttpRequest request;
        auto const method = parser.get().method_string();
        auto const target = parser.get().target();
        request.method.assign(method.data(), method.size());
        request.target.assign(target.data(), target.size());
        request.headers = detail::to_headers(parser.get());
        request.body = std::move(parser.get().body());
        head_only_ = request.method == "HEAD";

        auto const upgrade_request = is_websocket_upgrade(request) ? request : HttpRequest();
        auto reply = co_await call_handler(std::move(request));
        if (auto* response = std::get_if<HttpResponse>(&reply)) {
            co_return co_await send(std::move(*response));
        }
        if (auto* stream = std::get_if<StreamReply>(&reply)) {
            co_return co_await send_stream(std::move(*stream));
        }
        if (auto* socket = std::get_if<WebSocketReply>(&reply)) {
            if (!is_websocket_upgrade(upgrade_request)) {
                auto answer = options().refusal(426, "this address is a WebSocket");
                answer.headers.set("Upgrade", "websocket");
                co_return co_await send(std::move(answer));
            }
            co_return co_await run_websocket(upgrade_request, std::move(*socket));
        }
        co_return co_await run_upgrade(std::move(std::get<UpgradeReply>(reply)));
    }

    awaitable<HttpReply> call_handler(HttpRequest request) {
        auto const method = request.method;
        auto const target = request.target.substr(0, request.target.find('?'));
        std::string reason;
        try {
            co_return co_await shared_->handler(std::move(request), info_);
        } catch (boost::system::system_error const& error) {
            if (error.code() == asio::error::operation_aborted) throw;
            reason = error.what();
        } catch (std::exception const& error) {
            reason = error.what();
        }
        sys::log::error(
            "http", "handler failed", {{"method", method}, {"target", target}, {"reason", reason}}
        );
        co_return options().refusal(500, "internal error");
    }

    Writer writer(bool chunked) { return Writer(stream_.get(), options().write_limit, chunked); }

    /// Status line and fields, without the empty line at the end.
    Result<std::string> head(int status, Headers const& headers) const {
        auto out = fmt::format(
            "HTTP/1.1 {} {}\r\nDate: {}\r\n", status, reason_phrase(status), http_date()
        );
        KCHECK(detail::append_headers(out, headers));
        return out;
    }

    awaitable<bool> send(HttpResponse response) {
        keep_alive_ = keep_alive_ && !shared_->stopping;
        auto text = head(response.status, response.headers);
        if (!text) {
            sys::log::error(
                "http",
                "the answer has a header that cannot be sent",
                {{"reason", text.error().message}}
            );
            co_return false;
        }
        bool const may_have_body =
            response.status >= 200 && response.status != 204 && response.status != 304;
        if (may_have_body && !response.headers.has("Content-Length")) {
            *text += fmt::format("Content-Length: {}\r\n", response.body.size());
        }
        if (!keep_alive_) *text += "Connection: close\r\n";
        *text += "\r\n";
        if (may_have_body && !head_only_) *text += response.body;
        auto sending = writer(false);
        auto what = fmt::format("answering {}", info_.peer);
        auto const sent = co_await async::with_timeout(
            sending.send_text(std::move(*text)), options().write_limit, std::move(what)
        );
        if (!sent) stream_->close();
        co_return sent&& keep_alive_;
    }

    awaitable<bool> refuse(error_code ec) {
        int const status = status_for(ec);
        if (status == 0) co_return false;
        auto reason =
            status == 413   ? fmt::format("the body is larger than {} bytes", options().max_body)
            : status == 431 ? fmt::format("the head is larger than {} bytes", options().max_header)
                            : fmt::format("not a valid HTTP request: {}", ec.message());
        co_return co_await refuse(status, std::move(reason));
    }

    awaitable<bool> refuse(int status, std::string reason) {
        keep_alive_ = false;
        auto response = options().refusal(status, std::move(reason));
        co_await send(std::move(response));
        if (status == 413) co_await discard();
        co_return false;
    }

    /// Reads on for a while: closing with unread data would reset the connection, and the client
    /// might lose the answer.
    awaitable<void> discard() {
        [[maybe_unused]] auto const ended =
            co_await async::with_timeout(read_to_end(), goodbye_limit, "discarding");
    }

    awaitable<Result<void>> read_to_end() {
        std::size_t seen = 0;
        while (seen < max_discarded) {
            buffer_.clear();
            auto more = lift(detail::read_more(stream_.get(), &buffer_));
            auto const ec =
                co_await async::with_timeout(std::move(more), quiet_limit, "discarding");
            if (!ec || *ec) break;
            seen += buffer_.size();
        }
        co_return Result<void>();
    }

    awaitable<bool> send_stream(StreamReply reply) {
        enter(Connection::Phase::taken);
        auto text = head(reply.status, reply.headers);
        if (!text) {
            sys::log::error(
                "http",
                "the answer has a header that cannot be sent",
                {{"reason", text.error().message}}
            );
            co_return false;
        }
        if (http_1_1_) *text += "Transfer-Encoding: chunked\r\n";
        *text += "Connection: close\r\n\r\n";
        auto out = writer(http_1_1_);
        auto const started = co_await async::with_timeout(
            out.send_text(std::move(*text)), options().write_limit, "answering"
        );
        if (!started || head_only_) co_return false;
        co_await async::race(produce(&reply, &out), wait_for_goodbye());
        co_return false;
    }

    /// Both belong to send_stream().
    static awaitable<void> produce(StreamReply* reply, Writer* out) {
        std::string failure;
        try {
            co_await reply->produce(*out);
        } catch (boost::system::system_error const& error) {
            if (error.code() == asio::error::operation_aborted) throw;
            failure = error.what();
        } catch (std::exception const& error) {
            failure = error.what();
        }
        if (!failure.empty()) {
            // Without the last chunk the client sees that the body is not whole.
            sys::log::error("http", "stream failed", {{"reason", failure}});
            co_return;
        }
        [[maybe_unused]] auto const sent = co_await out->finish();
    }

    /// Ends when the client does; what it sends meanwhile is dropped.
    awaitable<void> wait_for_goodbye() {
        while (true) {
            buffer_.clear();
            if (co_await detail::read_more(stream_.get(), &buffer_)) break;
        }
    }

    awaitable<bool> run_websocket(HttpRequest request, WebSocketReply reply) {
        enter(Connection::Phase::taken);
        entry_->stream = nullptr;
        auto rest = detail::take(buffer_);
        auto stream = prepend(std::move(rest), std::move(stream_));
        auto socket =
            co_await accept_websocket(std::move(stream), std::move(request), reply.options);
        if (!socket) {
            sys::log::debug(
                "http", "no WebSocket", {{"peer", info_.peer}, {"reason", socket.error().message}}
            );
            co_return false;
        }
        co_await reply.run(std::move(*socket));
        co_return false;
    }

    awaitable<bool> run_upgrade(UpgradeReply reply) {
        enter(Connection::Phase::taken);
        auto text = head(reply.head.status, reply.head.headers);
        if (!text) co_return false;
        *text += "\r\n";
        auto out = writer(false);
        auto const started = co_await async::with_timeout(
            out.send_text(std::move(*text)), options().write_limit, "answering"
        );
        if (!started) co_return false;
        entry_->stream = nullptr;
        auto rest = detail::take(buffer_);
        auto stream = prepend(std::move(rest), std::move(stream_));
        co_await reply.run(std::move(stream));
        co_return false;
    }

    std::shared_ptr<Shared> shared_;
    StreamPtr stream_;
    ConnectionInfo info_;
    std::list<Connection>::iterator entry_;
    beast::flat_buffer buffer_;
    bool keep_alive_ = false;
    bool http_1_1_ = true;
    bool head_only_ = false;
};

awaitable<void> run_session(std::unique_ptr<Session> session) { co_await session->run(); }

} // namespace

struct HttpServer::Impl {
    Impl(asio::any_io_executor const& executor, HttpServerOptions options, HttpHandler handler)
        : shared(std::make_shared<Shared>(executor, std::move(options), std::move(handler)))
        , tasks(executor, sys::log::reporter("http")) {}

    bool start(StreamPtr stream) {
        if (shared->stopping || shared->connections.size() >= shared->options.max_connections)
            return false;
        auto session = std::make_unique<Session>(shared, std::move(stream));
        return tasks.spawn("connection", run_session(std::move(session)));
    }

    /// The listener is in `listeners`, which stop() outlives.
    awaitable<void> accept_all(Listener* listener) {
        while (!shared->stopping) {
            auto stream = co_await listener->accept();
            if (stream) {
                if (!start(std::move(*stream)) && !shared->stopping) {
                    sys::log::warn(
                        "http", "too many connections", {{"address", listener->address()}}
                    );
                }
                continue;
            }
            if (shared->stopping) break;
            sys::log::warn("http", "accept failed", {{"reason", stream.error().message}});
            co_await async::sleep_for(accept_pause);
        }
    }

    std::shared_ptr<Shared> shared;
    std::list<Listener> listeners;
    async::TaskGroup tasks; // last: the tasks use the members above
};

HttpServer::HttpServer(
    asio::any_io_executor executor, HttpServerOptions options, HttpHandler handler
)
    : impl_(std::make_unique<Impl>(executor, std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() = default;

bool HttpServer::serve(Listener listener) {
    if (impl_->shared->stopping) return false;
    auto& kept = impl_->listeners.emplace_back(std::move(listener));
    return impl_->tasks.spawn("accept", impl_->accept_all(&kept));
}

bool HttpServer::serve(StreamPtr stream) { return impl_->start(std::move(stream)); }

std::size_t HttpServer::connections() const { return impl_->shared->connections.size(); }

awaitable<void> HttpServer::stop(Millis grace) {
    auto const shared = impl_->shared;
    shared->stopping = true;
    for (auto& listener : impl_->listeners) listener.close();
    for (auto& connection : shared->connections) {
        if (connection.phase == Connection::Phase::idle && connection.stream)
            connection.stream->close();
    }
    auto const end = std::chrono::steady_clock::now() + grace;
    while (shared->requests_under_way() > 0) {
        auto const left = std::chrono::ceil<Millis>(end - std::chrono::steady_clock::now());
        if (left <= Millis(0)) break;
        co_await shared->changed.wait_after(shared->changed.epoch(), left);
    }
    co_await impl_->tasks.stop();
}

} // namespace kontena::net
