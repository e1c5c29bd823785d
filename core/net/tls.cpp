#include "core/async/timeout.hpp"
#include "core/crypto/digest.hpp"
#include "core/net/detail/close_on_cancel.hpp"
#include "core/net/detail/failure.hpp"
#include "core/net/detail/sockets.hpp"
#include "core/net/stream.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <utility>

namespace kontena::net {

namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using core::Errc;
using core::fail;
using core::Result;

namespace detail {

struct TlsServerContext {
    ssl::context context{ssl::context::tls_server};
};

} // namespace detail

namespace {

class TlsStream final : public AnyStream {
public:
    /// `keep` is what the engine refers to: the server's shared context.
    TlsStream(
        tcp::socket socket, ssl::context& context, std::shared_ptr<void> keep, std::string peer
    )
        : keep_(std::move(keep))
        , stream_(std::move(socket), context)
        , peer_(std::move(peer)) {}

    ssl::stream<tcp::socket>& raw() { return stream_; }

    executor_type get_executor() override { return stream_.get_executor(); }

    awaitable<Result<void>> handshake(Millis limit) override {
        auto what = fmt::format("TLS handshake with {}", peer_);
        return async::with_timeout(do_handshake(), limit, std::move(what));
    }

    awaitable<void> shutdown(Millis limit) override {
        // How the goodbye ends makes no difference: the connection is over.
        [[maybe_unused]] auto const ended =
            co_await async::with_timeout(say_goodbye(), limit, "TLS close");
        close();
    }

    void close() noexcept override {
        error_code ignored;
        stream_.next_layer().close(ignored);
    }

    std::string peer() const override { return peer_; }

    bool secure() const override { return true; }

private:
    void start_read(MutableBuffers buffers, IoHandler handler) override {
        stream_.async_read_some(buffers, detail::close_on_cancel(std::move(handler), this));
    }

    void start_write(ConstBuffers buffers, IoHandler handler) override {
        stream_.async_write_some(buffers, detail::close_on_cancel(std::move(handler), this));
    }

    awaitable<Result<void>> do_handshake() {
        error_code ec;
        detail::close_on_cancel(co_await asio::this_coro::cancellation_state, this);
        co_await stream_.async_handshake(ssl::stream_base::server, detail::uncancellable(ec));
        if (ec) co_return co_await detail::failed(fmt::format("TLS handshake with {}", peer_), ec);
        co_return Result<void>();
    }

    awaitable<Result<void>> say_goodbye() {
        error_code ec;
        detail::close_on_cancel(co_await asio::this_coro::cancellation_state, this);
        co_await stream_.async_shutdown(detail::uncancellable(ec));
        co_return Result<void>();
    }

    std::shared_ptr<void> keep_;
    ssl::stream<tcp::socket> stream_;
    std::string peer_;
};

void require_modern(ssl::context& context) {
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
}

std::string digits_of(std::string_view fingerprint) {
    std::string out;
    for (char const c : fingerprint) {
        if (c == ':') continue;
        out += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::string peer_fingerprint(SSL* handle) {
    std::unique_ptr<X509, decltype(&X509_free)> const cert(
        SSL_get1_peer_certificate(handle), &X509_free
    );
    if (!cert) return {};
    unsigned char* der = nullptr;
    int const size = i2d_X509(cert.get(), &der);
    if (size < 0) return {};
    auto out =
        crypto::sha256_hex({reinterpret_cast<char const*>(der), static_cast<std::size_t>(size)});
    OPENSSL_free(der);
    return out;
}

core::Error distrust(std::string const& name, long reason) {
    if (reason == X509_V_ERR_HOSTNAME_MISMATCH || reason == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        return fail(
            Errc::denied, fmt::format("the certificate that {} shows is for another name", name)
        );
    }
    return fail(
        Errc::denied,
        fmt::format(
            "certificate of {} is not trusted: {}; pass --ca FILE",
            name,
            X509_verify_cert_error_string(reason)
        )
    );
}

Result<std::shared_ptr<ssl::context>> make_client_context(TlsClientOptions const& tls) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    require_modern(*context);
    if (!tls.verify || !tls.fingerprint.empty()) {
        context->set_verify_mode(ssl::verify_none); // a fingerprint is compared after the handshake
        return context;
    }
    error_code ec;
    context->set_verify_mode(ssl::verify_peer);
    if (tls.ca_file.empty()) {
        context->set_default_verify_paths(ec);
        if (ec)
            return fail(
                Errc::unavailable,
                fmt::format("cannot load the system's authorities: {}", ec.message())
            );
        return context;
    }
    context->load_verify_file(tls.ca_file, ec);
    if (ec) {
        return fail(
            Errc::invalid,
            fmt::format("cannot read the authority {}: {}", tls.ca_file, detail::describe(ec))
        );
    }
    return context;
}

awaitable<Result<StreamPtr>>
do_connect_tls(std::string host, std::uint16_t port, TlsClientOptions tls) {
    KCO_TRY(auto context, make_client_context(tls));
    KCO_TRY(auto socket, co_await detail::open_socket(host, port));

    auto const name = tls.server_name.empty() ? host : tls.server_name;
    auto stream = std::make_unique<TlsStream>(
        std::move(socket), *context, context, fmt::format("{}:{}", host, port)
    );
    auto* const handle = stream->raw().native_handle();
    error_code ec;
    asio::ip::make_address(name, ec);
    bool const is_name = static_cast<bool>(ec); // SNI carries no addresses
    if (is_name && SSL_set_tlsext_host_name(handle, name.c_str()) != 1) {
        co_return fail(Errc::invalid, fmt::format("'{}' is not a host name", name));
    }
    bool mismatch = false;
    if (tls.verify && tls.fingerprint.empty()) {
        ssl::host_name_verification const check(name);
        stream->raw().set_verify_callback([check,
                                           &mismatch](bool trusted, ssl::verify_context& seen) {
            // At the leaf, after the chain was found good, only the name can be wrong.
            bool const good = check(trusted, seen);
            mismatch = trusted && !good;
            return good;
        });
    }
    detail::close_on_cancel(co_await asio::this_coro::cancellation_state, stream.get());
    co_await stream->raw().async_handshake(ssl::stream_base::client, detail::uncancellable(ec));
    if (ec) {
        auto const reason = SSL_get_verify_result(handle);
        if (mismatch) co_return distrust(name, X509_V_ERR_HOSTNAME_MISMATCH);
        if (reason != X509_V_OK) co_return distrust(name, reason);
        co_return co_await detail::failed(fmt::format("TLS handshake with {}:{}", host, port), ec);
    }
    stream->raw().set_verify_callback(
        [](bool trusted, ssl::verify_context&) { return trusted; }, ec
    );
    if (!tls.fingerprint.empty()) {
        auto const seen = peer_fingerprint(handle);
        if (!crypto::equal_constant_time(seen, digits_of(tls.fingerprint))) {
            co_return fail(
                Errc::denied,
                fmt::format(
                    "the certificate of {} is not the expected one: its fingerprint is {}",
                    name,
                    seen
                )
            );
        }
    }
    co_return std::move(stream);
}

} // namespace

awaitable<Result<StreamPtr>>
connect_tls(std::string host, std::uint16_t port, TlsClientOptions tls, Millis limit) {
    auto what = fmt::format("connecting to {}:{}", host, port);
    return async::with_timeout(
        do_connect_tls(std::move(host), port, std::move(tls)), limit, std::move(what)
    );
}

namespace detail {

Result<std::shared_ptr<TlsServerContext>> make_tls_server_context(TlsServerOptions const& options) {
    auto made = std::make_shared<TlsServerContext>();
    require_modern(made->context);
    error_code ec;
    made->context.use_certificate_chain_file(options.certificate_file, ec);
    if (ec) {
        return fail(
            Errc::invalid,
            fmt::format("cannot use the certificate {}: {}", options.certificate_file, describe(ec))
        );
    }
    made->context.use_private_key_file(options.key_file, ssl::context::pem, ec);
    if (ec)
        return fail(
            Errc::invalid, fmt::format("cannot use the key {}: {}", options.key_file, describe(ec))
        );
    return made;
}

StreamPtr make_tls_server_stream(tcp::socket socket, std::shared_ptr<TlsServerContext> context) {
    error_code ignored;
    auto peer = to_text(socket.remote_endpoint(ignored));
    auto& shared = context->context;
    return std::make_unique<TlsStream>(
        std::move(socket), shared, std::move(context), std::move(peer)
    );
}

} // namespace detail

} // namespace kontena::net
