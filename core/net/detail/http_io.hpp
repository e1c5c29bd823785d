#pragma once

#include "core/async/asio.hpp"
#include "core/base/result.hpp"
#include "core/net/http.hpp"
#include "core/net/stream.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <string_view>

/// Shared by http_client.cpp and http_server.cpp only: the one header that includes Beast. Beast
/// parses; reading and writing are ours, so no Beast operation is instantiated.
namespace kontena::net::detail {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

inline constexpr std::size_t read_size = 16 * 1024;

/// Appends what arrives to `buffer`. Both belong to the caller, who awaits this.
inline awaitable<error_code> read_more(AnyStream* stream, beast::flat_buffer* buffer) {
    error_code ec;
    auto const space = buffer->prepare(read_size);
    auto const size =
        co_await stream->async_read_some(space, asio::redirect_error(asio::use_awaitable, ec));
    buffer->commit(size);
    if (ec == asio::error::operation_aborted) {
        // A cancellation of the caller unwinds; a stream that was closed here is an ordinary code.
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            throw boost::system::system_error(ec);
    }
    co_return ec;
}

/// Feeds `parser` from `buffer` and `stream` until `done(parser)`. A connection that ends before
/// the first byte of the message gives http::error::end_of_stream. All belong to the caller.
template <class Parser, class Done>
awaitable<error_code>
parse_until(AnyStream* stream, beast::flat_buffer* buffer, Parser* parser, Done done) {
    while (!done(*parser)) {
        error_code ec = http::error::need_more;
        if (buffer->size() > 0) {
            auto const used = parser->put(buffer->data(), ec);
            buffer->consume(used);
            if (!ec) continue;
        }
        if (ec != http::error::need_more) co_return ec;
        ec = co_await read_more(stream, buffer);
        if (ec == asio::error::eof) {
            if (!parser->got_some()) co_return http::error::end_of_stream;
            ec = {};
            parser->put_eof(ec);
            if (!ec && !done(*parser)) ec = http::error::partial_message;
        }
        if (ec) co_return ec;
    }
    co_return error_code();
}

inline Headers to_headers(http::fields const& fields) {
    Headers out;
    for (auto const& field : fields) {
        auto const name = field.name_string();
        auto const value = field.value();
        out.add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
    return out;
}

/// The bytes left over by a parser.
inline std::string take(beast::flat_buffer& buffer) {
    auto const data = buffer.data();
    std::string out(static_cast<char const*>(data.data()), data.size());
    buffer.consume(buffer.size());
    return out;
}

/// No character that ends or splits a line of a head.
inline bool safe(std::string_view text) {
    for (char const c : text) {
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return false;
    }
    return true;
}

/// Appends `Name: value` lines; fails on one that would break out of its line.
inline core::Result<void> append_headers(std::string& head, Headers const& headers) {
    for (auto const& [name, value] : headers) {
        bool const good = safe(name) && safe(value) && !name.empty() &&
                          name.find_first_of(": \t") == std::string::npos;
        if (!good) return core::fail(core::Errc::invalid, "a header field with control characters");
        head.append(name).append(": ").append(value).append("\r\n");
    }
    return {};
}

} // namespace kontena::net::detail
