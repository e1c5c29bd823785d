#include "core/net/stream.hpp"

#include "core/async/timeout.hpp"
#include "core/net/detail/failure.hpp"
#include "core/net/detail/sockets.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace kontena::net {

using asio::ip::tcp;
using boost::system::error_code;
using core::Errc;
using core::fail;
using core::Result;
using unix_protocol = asio::local::stream_protocol;

awaitable<Result<void>> AnyStream::handshake(Millis /*limit*/) { co_return Result<void>(); }

namespace {

template <class Socket>
class SocketStream final : public AnyStream {
public:
    SocketStream(Socket socket, std::string peer)
        : socket_(std::move(socket))
        , peer_(std::move(peer)) {}

    executor_type get_executor() override { return socket_.get_executor(); }

    awaitable<void> shutdown(Millis /*limit*/) override {
        error_code ignored;
        socket_.shutdown(Socket::shutdown_send, ignored);
        close();
        co_return;
    }

    void close() noexcept override {
        error_code ignored;
        socket_.close(ignored);
    }

    std::string peer() const override { return peer_; }

private:
    void start_read(MutableBuffers buffers, IoHandler handler) override {
        socket_.async_read_some(buffers, std::move(handler));
    }

    void start_write(ConstBuffers buffers, IoHandler handler) override {
        socket_.async_write_some(buffers, std::move(handler));
    }

    Socket socket_;
    std::string peer_;
};

void tune(tcp::socket& socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
}

StreamPtr make_tcp_stream(tcp::socket socket) {
    tune(socket);
    error_code ignored;
    auto peer = detail::to_text(socket.remote_endpoint(ignored));
    return std::make_unique<SocketStream<tcp::socket>>(std::move(socket), std::move(peer));
}

// getaddrinfo cannot be interrupted, and Asio ends a cancelled look-up only when the call returns.
// So the waiting coroutine and the look-up share this, and either may be gone first.
struct Lookup {
    explicit Lookup(asio::any_io_executor const& executor)
        : resolver(executor)
        , finished(executor, asio::steady_timer::time_point::max()) {}

    tcp::resolver resolver;
    asio::steady_timer finished;
    error_code ec = asio::error::operation_aborted;
    tcp::resolver::results_type addresses;
};

awaitable<Result<tcp::resolver::results_type>> look_up(std::string host, std::uint16_t port) {
    auto const executor = co_await asio::this_coro::executor;
    auto const lookup = std::make_shared<Lookup>(executor);
    lookup->resolver.async_resolve(
        host,
        std::to_string(port),
        [lookup](error_code ec, tcp::resolver::results_type addresses) {
            lookup->ec = ec;
            lookup->addresses = std::move(addresses);
            lookup->finished.cancel();
        }
    );
    error_code ignored;
    co_await lookup->finished.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (lookup->ec)
        co_return co_await detail::failed(fmt::format("cannot find the host {}", host), lookup->ec);
    co_return std::move(lookup->addresses);
}

awaitable<Result<StreamPtr>> do_connect_tcp(std::string host, std::uint16_t port) {
    KCO_TRY(auto socket, co_await detail::open_socket(std::move(host), port));
    co_return make_tcp_stream(std::move(socket));
}

awaitable<Result<StreamPtr>> do_connect_unix(std::string path) {
    auto const executor = co_await asio::this_coro::executor;
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        co_return fail(Errc::invalid, fmt::format("the socket path {} is too long", path));
    }
    unix_protocol::socket socket(executor);
    error_code ec;
    unix_protocol::endpoint const endpoint(path);
    co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return co_await detail::failed(fmt::format("cannot connect to {}", path), ec);
    co_return std::make_unique<SocketStream<unix_protocol::socket>>(
        std::move(socket), std::move(path)
    );
}

} // namespace

awaitable<Result<StreamPtr>> connect_tcp(std::string host, std::uint16_t port, Millis limit) {
    auto what = fmt::format("connecting to {}:{}", host, port);
    return async::with_timeout(do_connect_tcp(std::move(host), port), limit, std::move(what));
}

awaitable<Result<StreamPtr>> connect_unix(std::string path, Millis limit) {
    auto what = fmt::format("connecting to {}", path);
    return async::with_timeout(do_connect_unix(std::move(path)), limit, std::move(what));
}

namespace detail {

std::string to_text(tcp::endpoint const& endpoint) {
    auto const address = endpoint.address();
    return address.is_v6() ? fmt::format("[{}]:{}", address.to_string(), endpoint.port())
                           : fmt::format("{}:{}", address.to_string(), endpoint.port());
}

awaitable<Result<tcp::socket>> open_socket(std::string host, std::uint16_t port) {
    auto const executor = co_await asio::this_coro::executor;
    tcp::socket socket(executor);
    error_code ec;
    auto const literal = asio::ip::make_address(host, ec);
    if (!ec) {
        tcp::endpoint const endpoint(literal, port);
        co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, ec));
    } else {
        KCO_TRY(auto const addresses, co_await look_up(host, port));
        co_await asio::async_connect(
            socket, addresses, asio::redirect_error(asio::use_awaitable, ec)
        );
    }
    if (ec) co_return co_await failed(fmt::format("cannot connect to {}:{}", host, port), ec);
    tune(socket);
    co_return std::move(socket);
}

std::string describe(error_code ec) {
    if (ec == asio::error::eof || ec == asio::error::connection_reset ||
        ec == asio::error::broken_pipe) {
        return "the other side closed the connection";
    }
    if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor)
        return "the connection was closed";
    if (ec == asio::error::host_not_found || ec == asio::error::no_data) return "no such host";
    if (ec == asio::error::host_not_found_try_again) return "the name server does not answer";
    auto text = ec.message();
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z' && text.size() > 1 && text[1] >= 'a' &&
        text[1] <= 'z') {
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    }
    return text;
}

awaitable<core::Error> failed(std::string doing, error_code ec) {
    // Entering this coroutine has thrown already if the caller was cancelled.
    auto const code = ec == asio::error::timed_out ? Errc::timeout : Errc::unavailable;
    co_return fail(code, fmt::format("{}: {}", doing, describe(ec)));
}

} // namespace detail

struct Listener::Impl {
    virtual ~Impl() = default;
    virtual awaitable<Result<StreamPtr>> accept() = 0;
    virtual void close() noexcept = 0;
    virtual bool is_open() const = 0;
    virtual std::uint16_t port() const = 0;
    virtual std::string address() const = 0;
};

namespace {

class TcpListener final : public Listener::Impl {
public:
    TcpListener(tcp::acceptor acceptor, std::shared_ptr<detail::TlsServerContext> tls)
        : acceptor_(std::move(acceptor))
        , tls_(std::move(tls))
        , endpoint_(acceptor_.local_endpoint()) {}

    awaitable<Result<StreamPtr>> accept() override {
        error_code ec;
        auto socket =
            co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
        if (ec) co_return co_await detail::failed(fmt::format("accepting on {}", address()), ec);
        tune(socket);
        co_return tls_ ? detail::make_tls_server_stream(std::move(socket), tls_)
                       : make_tcp_stream(std::move(socket));
    }

    void close() noexcept override {
        error_code ignored;
        acceptor_.close(ignored);
    }

    bool is_open() const override { return acceptor_.is_open(); }

    std::uint16_t port() const override { return endpoint_.port(); }

    std::string address() const override { return detail::to_text(endpoint_); }

private:
    tcp::acceptor acceptor_;
    std::shared_ptr<detail::TlsServerContext> tls_;
    tcp::endpoint endpoint_;
};

class UnixListener final : public Listener::Impl {
public:
    UnixListener(unix_protocol::acceptor acceptor, std::string path)
        : acceptor_(std::move(acceptor))
        , path_(std::move(path)) {}

    ~UnixListener() override { remove(); }

    awaitable<Result<StreamPtr>> accept() override {
        error_code ec;
        auto socket =
            co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
        if (ec) co_return co_await detail::failed(fmt::format("accepting on {}", path_), ec);
        co_return std::make_unique<SocketStream<unix_protocol::socket>>(std::move(socket), path_);
    }

    void close() noexcept override {
        remove();
        error_code ignored;
        acceptor_.close(ignored);
    }

    bool is_open() const override { return acceptor_.is_open(); }

    std::uint16_t port() const override { return 0; }

    std::string address() const override { return path_; }

private:
    void remove() noexcept {
        if (acceptor_.is_open()) ::unlink(path_.c_str());
    }

    unix_protocol::acceptor acceptor_;
    std::string path_;
};

core::Error cannot_listen(std::string const& where, error_code ec) {
    auto const code = ec == asio::error::address_in_use  ? Errc::conflict
                      : ec == asio::error::access_denied ? Errc::denied
                                                         : Errc::unavailable;
    return fail(code, fmt::format("cannot listen on {}: {}", where, detail::describe(ec)));
}

Result<std::unique_ptr<Listener::Impl>> listen_tcp(
    asio::any_io_executor executor,
    std::string const& address,
    std::uint16_t port,
    std::shared_ptr<detail::TlsServerContext> tls
) {
    error_code ec;
    auto const ip = asio::ip::make_address(address, ec);
    if (ec)
        return fail(Errc::invalid, fmt::format("'{}' is not an IP address to listen on", address));
    tcp::endpoint const endpoint(ip, port);
    tcp::acceptor acceptor(executor);
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) return cannot_listen(detail::to_text(endpoint), ec);
    return std::make_unique<TcpListener>(std::move(acceptor), std::move(tls));
}

bool answers(asio::any_io_executor const& executor, unix_protocol::endpoint const& endpoint) {
    unix_protocol::socket probe(executor);
    error_code ec;
    probe.connect(endpoint, ec);
    return ec != asio::error::connection_refused;
}

} // namespace

Result<Listener>
Listener::open_tcp(asio::any_io_executor executor, std::string const& address, std::uint16_t port) {
    KTRY(auto impl, listen_tcp(std::move(executor), address, port, nullptr));
    return Listener(std::move(impl));
}

Result<Listener> Listener::open_tls(
    asio::any_io_executor executor,
    std::string const& address,
    std::uint16_t port,
    TlsServerOptions const& tls
) {
    KTRY(auto context, detail::make_tls_server_context(tls));
    KTRY(auto impl, listen_tcp(std::move(executor), address, port, std::move(context)));
    return Listener(std::move(impl));
}

Result<Listener> Listener::open_unix(asio::any_io_executor executor, std::string const& path) {
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        return fail(Errc::invalid, fmt::format("the socket path {} is too long", path));
    }
    unix_protocol::endpoint const endpoint(path);
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) &&
        !answers(executor, endpoint)) {
        ::unlink(path.c_str());
    }
    unix_protocol::acceptor acceptor(executor);
    error_code ec;
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) return cannot_listen(path, ec);
    return Listener(std::make_unique<UnixListener>(std::move(acceptor), path));
}

Listener::Listener(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

Listener::Listener(Listener&&) noexcept = default;
Listener& Listener::operator=(Listener&&) noexcept = default;
Listener::~Listener() = default;

awaitable<Result<StreamPtr>> Listener::accept() { return impl_->accept(); }

void Listener::close() noexcept { impl_->close(); }

bool Listener::is_open() const { return impl_ && impl_->is_open(); }

std::uint16_t Listener::port() const { return impl_->port(); }

std::string Listener::address() const { return impl_->address(); }

} // namespace kontena::net
