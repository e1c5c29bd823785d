#pragma once

#include "core/net/stream.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>

/// What stream.cpp and tls.cpp share; OpenSSL stays in tls.cpp.
namespace kontena::net::detail {

std::string to_text(asio::ip::tcp::endpoint const& endpoint);

/// Looks the name up and connects to the first address that answers.
awaitable<core::Result<asio::ip::tcp::socket>> open_socket(std::string host, std::uint16_t port);

struct TlsServerContext;
core::Result<std::shared_ptr<TlsServerContext>>
make_tls_server_context(TlsServerOptions const& options);
StreamPtr
make_tls_server_stream(asio::ip::tcp::socket socket, std::shared_ptr<TlsServerContext> context);

} // namespace kontena::net::detail
