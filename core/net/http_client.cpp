#include "core/net/http_client.hpp"

#include "core/async/timeout.hpp"
#include "core/net/detail/failure.hpp"
#include "core/net/detail/http_io.hpp"
#include "core/net/memory_stream.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <utility>

namespace kontena::net {

using core::Errc;
using core::fail;
using core::Result;
using detail::error_code;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

using Clock = std::chrono::steady_clock;
using Parser = http::response_parser<http::buffer_body>;

/// A kept connection that was idle for longer may have been closed by the server in this moment, so
/// a request that must not be sent twice does not use it.
constexpr Millis fresh{1000};
constexpr std::size_t piece_size = 64 * 1024;
constexpr std::size_t max_refusal_body = 64 * 1024;

bool idempotent(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
           method == "OPTIONS";
}

Result<std::string> head_of(HttpRequest const& request, HttpClientOptions const& options) {
    bool const good = detail::safe(request.target) && !request.target.empty() &&
                      request.target.find(' ') == std::string::npos &&
                      detail::safe(request.method) &&
                      request.method.find(' ') == std::string::npos && detail::safe(options.host);
    if (!good) return fail(Errc::invalid, "not a valid HTTP request line");
    auto head = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
    if (!request.headers.has("Host")) head += fmt::format("Host: {}\r\n", options.host);
    KCHECK(detail::append_headers(head, request.headers));
    for (auto const& [name, value] : options.headers) {
        if (!request.headers.has(name))
            KCHECK(detail::append_headers(head, Headers{{name, value}}));
    }
    bool const has_body =
        !request.body.empty() || request.method == "POST" || request.method == "PUT";
    if (has_body && !request.headers.has("Content-Length")) {
        head += fmt::format("Content-Length: {}\r\n", request.body.size());
    }
    head += "\r\n";
    return head;
}

} // namespace

Connector tcp_connector(std::string host, std::uint16_t port) {
    return [=](Millis limit) { return connect_tcp(host, port, limit); };
}

Connector tls_connector(std::string host, std::uint16_t port, TlsClientOptions tls) {
    return [=](Millis limit) { return connect_tls(host, port, tls, limit); };
}

Connector unix_connector(std::string path) {
    return [=](Millis limit) { return connect_unix(path, limit); };
}

Connector connector_for(Url const& url, TlsClientOptions tls) {
    if (url.scheme == "unix") return unix_connector(url.path);
    return url.secure() ? tls_connector(url.host, url.port, std::move(tls))
                        : tcp_connector(url.host, url.port);
}

struct StreamingResponse::Impl {
    explicit Impl(StreamPtr opened)
        : stream(std::move(opened)) {}

    /// Makes a parser for the next head.
    void expect_head(HttpClientOptions const& options, bool head_request) {
        parser.emplace();
        parser->header_limit(static_cast<std::uint32_t>(options.max_header));
        parser->body_limit(boost::none); // read_all() counts
        parser->skip(head_request);
        parser->eager(false);
    }

    awaitable<error_code> read_head(HttpClientOptions const* options, bool head_request) {
        while (true) {
            expect_head(*options, head_request);
            auto const done = [](Parser const& p) { return p.is_header_done(); };
            auto const ec = co_await detail::parse_until(stream.get(), &buffer, &*parser, done);
            if (ec) co_return ec;
            status = static_cast<int>(parser->get().result_int());
            bool const interim = status >= 100 && status < 200 && status != 101;
            if (!interim) break;
        }
        headers = detail::to_headers(parser->get());
        co_return error_code();
    }

    awaitable<Result<std::optional<std::string>>> read_piece() {
        std::string piece(piece_size, '\0');
        auto& body = parser->get().body();
        body.data = piece.data();
        body.size = piece.size();
        while (!parser->is_done()) {
            error_code ec = http::error::need_more;
            if (buffer.size() > 0) {
                auto const used = parser->put(buffer.data(), ec);
                buffer.consume(used);
            }
            if (body.size < piece.size()) break;
            if (!ec || ec == http::error::need_buffer) continue;
            if (ec == http::error::need_more) {
                ec = co_await detail::read_more(stream.get(), &buffer);
                if (ec == asio::error::eof) {
                    ec = {};
                    parser->put_eof(ec);
                    if (!ec) break;
                }
            }
            if (ec) co_return co_await detail::failed("the answer was cut off", ec);
        }
        piece.resize(piece.size() - body.size);
        body.data = nullptr;
        body.size = 0;
        if (piece.empty()) co_return std::optional<std::string>();
        co_return std::optional<std::string>(std::move(piece));
    }

    awaitable<Result<std::string>> read_rest(std::size_t max_bytes) {
        std::string out;
        while (true) {
            KCO_TRY(auto piece, co_await read_piece());
            if (!piece) co_return out;
            if (out.size() + piece->size() > max_bytes) {
                co_return fail(
                    Errc::invalid, fmt::format("the answer is larger than {} bytes", max_bytes)
                );
            }
            out += *piece;
        }
    }

    StreamPtr stream;
    beast::flat_buffer buffer;
    std::optional<Parser> parser;
    int status = 0;
    Headers headers;
};

StreamingResponse::StreamingResponse(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

StreamingResponse::StreamingResponse(StreamingResponse&&) noexcept = default;
StreamingResponse& StreamingResponse::operator=(StreamingResponse&&) noexcept = default;
StreamingResponse::~StreamingResponse() = default;

int StreamingResponse::status() const { return impl_->status; }

Headers const& StreamingResponse::headers() const { return impl_->headers; }

bool StreamingResponse::ok() const { return impl_->status >= 200 && impl_->status < 300; }

awaitable<Result<std::optional<std::string>>> StreamingResponse::next_chunk(Millis idle) {
    return async::with_timeout(impl_->read_piece(), idle, "waiting for more of the answer");
}

awaitable<Result<std::string>> StreamingResponse::read_all(std::size_t max_bytes, Millis limit) {
    return async::with_timeout(impl_->read_rest(max_bytes), limit, "reading the answer");
}

namespace {

using Exchange = std::unique_ptr<StreamingResponse::Impl>;

struct Kept {
    StreamPtr stream;
    Clock::time_point since;
};

/// What went wrong in an exchange, and whether the request may be repeated.
struct Attempt {
    Exchange exchange;
    core::Error error;
    bool repeatable = false;
};

} // namespace

struct HttpClient::Impl {
    Impl(Connector connect, HttpClientOptions opts)
        : connector(std::move(connect))
        , options(std::move(opts)) {}

    StreamPtr take_kept(Millis max_age) {
        auto const now = Clock::now();
        while (!idle.empty()) {
            auto kept = std::move(idle.back());
            idle.pop_back();
            if (now - kept.since <= max_age) return std::move(kept.stream);
            if (now - kept.since > options.idle_lifetime) {
                idle.clear(); // the others are older still
                break;
            }
        }
        return nullptr;
    }

    void keep(StreamPtr stream) {
        idle.push_back(Kept{std::move(stream), Clock::now()});
        if (idle.size() > options.max_idle_connections) idle.pop_front();
    }

    /// One request on one connection, up to the head of the answer. `request` lives in the caller.
    awaitable<Attempt>
    attempt(StreamPtr stream, HttpRequest const* request, std::string const* head) {
        Attempt out;
        out.exchange = std::make_unique<StreamingResponse::Impl>(std::move(stream));
        auto* const connection = out.exchange->stream.get();
        std::array<asio::const_buffer, 2> const bytes{
            asio::buffer(*head), asio::buffer(request->body)
        };
        error_code ec;
        auto const sent = co_await asio::async_write(
            *connection, bytes, asio::redirect_error(asio::use_awaitable, ec)
        );
        // A server may refuse a large body and close while we still send: its answer is worth
        // reading.
        auto const write_failure = ec;
        ec = co_await out.exchange->read_head(&options, request->method == "HEAD");
        if (!ec) co_return out;
        out.repeatable = (write_failure && sent == 0) ||
                         (idempotent(request->method) && !out.exchange->parser->got_some());
        auto doing = fmt::format("{} {}", request->method, request->target);
        if (ec == http::error::end_of_stream) ec = asio::error::eof;
        out.error = co_await detail::failed(std::move(doing), write_failure ? write_failure : ec);
        if (ec == http::error::header_limit || ec == http::error::bad_version ||
            ec == http::error::bad_status) {
            out.error.code = Errc::corrupt;
        }
        co_return out;
    }

    /// `request` lives in the caller.
    awaitable<Result<Exchange>> exchange(HttpRequest const* request, bool reuse) {
        KCO_TRY(auto const head, head_of(*request, options));
        if (reuse) {
            auto const max_age = idempotent(request->method)
                                     ? options.idle_lifetime
                                     : std::min(fresh, options.idle_lifetime);
            if (auto kept = take_kept(max_age)) {
                auto first = co_await attempt(std::move(kept), request, &head);
                if (first.error.message.empty()) co_return std::move(first.exchange);
                if (!first.repeatable) co_return std::move(first.error);
            }
        }
        KCO_TRY(auto stream, co_await connector(options.connect_limit));
        auto only = co_await attempt(std::move(stream), request, &head);
        if (!only.error.message.empty()) co_return std::move(only.error);
        co_return std::move(only.exchange);
    }

    awaitable<Result<HttpResponse>> do_request(HttpRequest request) {
        KCO_TRY(auto answer, co_await exchange(&request, true));
        HttpResponse out;
        out.status = answer->status;
        out.headers = answer->headers;
        KCO_TRY(out.body, co_await answer->read_rest(options.max_body));
        bool const reusable = answer->parser->keep_alive() && !answer->parser->need_eof() &&
                              answer->buffer.size() == 0 && answer->status != 101;
        if (reusable) keep(std::move(answer->stream));
        co_return out;
    }

    awaitable<Result<StreamingResponse>> do_open(HttpRequest request) {
        KCO_TRY(auto answer, co_await exchange(&request, false));
        co_return StreamingResponse(std::move(answer));
    }

    awaitable<Result<Upgraded>> do_upgrade(HttpRequest request) {
        if (!request.headers.has("Connection")) request.headers.add("Connection", "Upgrade");
        if (!request.headers.has("Upgrade")) request.headers.add("Upgrade", "tcp");
        KCO_TRY(auto answer, co_await exchange(&request, false));
        if (answer->status != 101 && answer->status != 200) {
            auto body = co_await answer->read_rest(max_refusal_body);
            auto text = body && !body->empty() ? std::move(*body)
                                               : std::string(reason_phrase(answer->status));
            co_return fail(
                errc_of_status(answer->status),
                fmt::format("{} {}: {} {}", request.method, request.target, answer->status, text)
            );
        }
        Upgraded out;
        out.head.status = answer->status;
        out.head.headers = answer->headers;
        out.stream = prepend(detail::take(answer->buffer), std::move(answer->stream));
        co_return std::move(out);
    }

    std::string what(HttpRequest const& request) const {
        return fmt::format(
            "{} {}{}",
            request.method,
            options.host,
            request.target.substr(0, request.target.find('?'))
        );
    }

    Connector connector;
    HttpClientOptions options;
    std::deque<Kept> idle; ///< the most recently used last
};

HttpClient::HttpClient(Connector connector, HttpClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(connector), std::move(options))) {}

HttpClient::~HttpClient() = default;

awaitable<Result<HttpResponse>> HttpClient::request(HttpRequest request, Millis limit) {
    auto what = impl_->what(request);
    return async::with_timeout(impl_->do_request(std::move(request)), limit, std::move(what));
}

awaitable<Result<StreamingResponse>>
HttpClient::open_stream(HttpRequest request, Millis head_limit) {
    auto what = impl_->what(request);
    return async::with_timeout(impl_->do_open(std::move(request)), head_limit, std::move(what));
}

awaitable<Result<Upgraded>> HttpClient::upgrade(HttpRequest request, Millis limit) {
    auto what = impl_->what(request);
    return async::with_timeout(impl_->do_upgrade(std::move(request)), limit, std::move(what));
}

} // namespace kontena::net
