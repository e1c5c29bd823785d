#pragma once

#include "core/async/asio.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace kontena::net {

using core::Millis;

/// A bounded copy of a buffer sequence: what does not fit is left for the next call.
template <class Buffer>
class BufferList {
public:
    static constexpr std::size_t capacity = 16;

    BufferList() = default;

    template <class Sequence>
    explicit BufferList(Sequence const& sequence) {
        auto const end = asio::buffer_sequence_end(sequence);
        for (auto it = asio::buffer_sequence_begin(sequence); it != end && size_ < capacity; ++it) {
            if (Buffer const one(*it); one.size() != 0) items_[size_++] = one;
        }
    }

    Buffer const* begin() const { return items_.data(); }

    Buffer const* end() const { return items_.data() + size_; }

private:
    std::array<Buffer, capacity> items_;
    std::size_t size_ = 0;
};

using MutableBuffers = BufferList<asio::mutable_buffer>;
using ConstBuffers = BufferList<asio::const_buffer>;

/// TCP, TLS, a Unix socket or memory behind one type, so that Beast is compiled once. A model of
/// Asio's AsyncReadStream and AsyncWriteStream: `asio::async_write(stream, ...)` and Beast work on
/// it. At most one read and one write at a time. Operations are cancellable; a TLS stream of which
/// an operation was cancelled is only good for close().
class AnyStream {
public:
    using executor_type = asio::any_io_executor;
    using IoSignature = void(boost::system::error_code, std::size_t);
    using IoHandler = asio::any_completion_handler<IoSignature>;

    AnyStream() = default;
    AnyStream(AnyStream const&) = delete;
    AnyStream& operator=(AnyStream const&) = delete;
    virtual ~AnyStream() = default;

    virtual executor_type get_executor() = 0;

    template <class Sequence, class Token>
    auto async_read_some(Sequence const& buffers, Token&& token) {
        return asio::async_initiate<Token, IoSignature>(
            [](auto handler, AnyStream* self, MutableBuffers list) {
                self->start_read(list, IoHandler(std::move(handler)));
            },
            token,
            this,
            MutableBuffers(buffers)
        );
    }

    template <class Sequence, class Token>
    auto async_write_some(Sequence const& buffers, Token&& token) {
        return asio::async_initiate<Token, IoSignature>(
            [](auto handler, AnyStream* self, ConstBuffers list) {
                self->start_write(list, IoHandler(std::move(handler)));
            },
            token,
            this,
            ConstBuffers(buffers)
        );
    }

    /// The accepting side of TLS must do this before the first read; elsewhere it does nothing.
    virtual awaitable<core::Result<void>> handshake(Millis limit);

    /// Says goodbye (TLS close_notify, end of the sending direction) for at most `limit`, then
    /// closes. No other operation may be under way.
    virtual awaitable<void> shutdown(Millis limit) = 0;

    /// Closes at once; operations under way end with an error. May be called again.
    virtual void close() noexcept = 0;

    /// `10.0.0.7:41234`, `[::1]:80`, or the path of a Unix socket.
    virtual std::string peer() const = 0;

    virtual bool secure() const { return false; }

protected:
    virtual void start_read(MutableBuffers buffers, IoHandler handler) = 0;
    virtual void start_write(ConstBuffers buffers, IoHandler handler) = 0;
};

using StreamPtr = std::unique_ptr<AnyStream>;

struct TlsClientOptions {
    std::string ca_file;     ///< PEM; empty = the system's authorities
    bool verify = true;      ///< false only on the user's explicit demand
    std::string server_name; ///< expected in the certificate and sent as SNI; empty = the host
    std::string fingerprint; ///< 64 hex digits: this certificate is trusted, whoever signed it, and
                             ///< no other
};

/// PEM files. The certificate file may hold a chain.
struct TlsServerOptions {
    std::string certificate_file;
    std::string key_file;
};

/// Failures are Errc::unavailable or timeout ("cannot connect to HOST:PORT: connection refused") or
/// denied ("certificate of HOST is not trusted: ...; pass --ca FILE"). TLS 1.2 or later.
awaitable<core::Result<StreamPtr>> connect_tcp(std::string host, std::uint16_t port, Millis limit);
awaitable<core::Result<StreamPtr>>
connect_tls(std::string host, std::uint16_t port, TlsClientOptions tls, Millis limit);
awaitable<core::Result<StreamPtr>> connect_unix(std::string path, Millis limit);

/// An open listening socket.
class Listener {
public:
    /// `address` is an IP address; port 0 picks one.
    static core::Result<Listener>
    open_tcp(asio::any_io_executor executor, std::string const& address, std::uint16_t port);
    static core::Result<Listener> open_tls(
        asio::any_io_executor executor,
        std::string const& address,
        std::uint16_t port,
        TlsServerOptions const& tls
    );
    /// Replaces a socket file that nobody listens on; removes it when closed.
    static core::Result<Listener>
    open_unix(asio::any_io_executor executor, std::string const& path);

    Listener(Listener&&) noexcept;
    Listener& operator=(Listener&&) noexcept;
    ~Listener();

    /// The next connection. A TLS connection has not shaken hands yet: call handshake() in the task
    /// that serves it. Errc::unavailable when closed or when the process is out of descriptors.
    awaitable<core::Result<StreamPtr>> accept();

    /// Ends accept() and frees the address.
    void close() noexcept;

    bool is_open() const;
    std::uint16_t port() const;  ///< 0 for a Unix socket
    std::string address() const; ///< `127.0.0.1:8080` or the path

    struct Impl;

private:
    explicit Listener(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace kontena::net
