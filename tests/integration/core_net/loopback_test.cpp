#include "core/async/task_group.hpp"
#include "core/async/timeout.hpp"
#include "core/crypto/certificate.hpp"
#include "core/net/http_client.hpp"
#include "core/net/http_server.hpp"
#include "core/net/websocket.hpp"
#include "core/sys/files.hpp"
#include "core/sys/signals.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <stdlib.h>

namespace kontena::net {
namespace {

using core::Errc;
using core::Result;
using tests::must;
using tests::run;
using namespace std::chrono_literals;

/// A folder with a certificate for localhost and 127.0.0.1.
class Loopback : public testing::Test {
protected:
    Loopback()
        : folder_(make()) {
        auto const pair = must(crypto::make_self_signed({"localhost", "127.0.0.1"}, 1));
        fingerprint_ = must(crypto::fingerprint(pair.certificate_pem));
        must(sys::write_file(folder_ / "cert.pem", pair.certificate_pem));
        must(sys::write_file(folder_ / "key.pem", pair.key_pem.reveal(), 0600));
    }

    ~Loopback() override { std::filesystem::remove_all(folder_); }

    TlsServerOptions server_tls() const {
        return {(folder_ / "cert.pem").string(), (folder_ / "key.pem").string()};
    }

    TlsClientOptions trusting() const {
        TlsClientOptions tls;
        tls.ca_file = (folder_ / "cert.pem").string();
        return tls;
    }

    std::filesystem::path folder_;
    std::string fingerprint_;

private:
    static std::filesystem::path make() {
        auto name = (std::filesystem::temp_directory_path() / "kontena-net.XXXXXX").string();
        return ::mkdtemp(name.data());
    }
};

awaitable<void> echo_messages(WebSocketPtr socket) {
    while (true) {
        auto message = co_await socket->read();
        if (!message) co_return;
        if (!co_await socket->write(std::move(*message))) co_return;
    }
}

awaitable<void> count(BodyWriter* out, int pieces) {
    for (int i = 0; i < pieces; ++i) {
        if (!co_await out->write(std::string(10'000, 'x'))) co_return;
    }
}

awaitable<HttpReply> handle(HttpRequest request, ConnectionInfo info) {
    if (request.target == "/ws") {
        WebSocketReply reply;
        reply.run = echo_messages;
        co_return std::move(reply);
    }
    if (request.target == "/stream") {
        StreamReply reply;
        reply.produce = [](BodyWriter& out) { return count(&out, 500); };
        co_return std::move(reply);
    }
    HttpResponse out;
    out.body = fmt::format("{} {} {}", info.secure, request.body.size(), info.peer.substr(0, 10));
    co_return out;
}

HttpRequest upload(std::size_t size) {
    HttpRequest request;
    request.method = "PUT";
    request.body = std::string(size, 'u');
    return request;
}

Url address(std::string scheme, std::string host, std::uint16_t port, std::string path) {
    Url url;
    url.scheme = std::move(scheme);
    url.host = std::move(host);
    url.port = port;
    url.path = std::move(path);
    return url;
}

awaitable<void> exercise(Connector connector, std::string expected) {
    HttpClient client(std::move(connector), {});
    for (int i = 0; i < 3; ++i) {
        auto const answer = must(co_await client.request(upload(1'000'000), 10s));
        EXPECT_EQ(answer.body, expected);
    }
    HttpRequest request;
    request.target = "/stream";
    auto stream = must(co_await client.open_stream(std::move(request), 10s));
    EXPECT_EQ(must(co_await stream.read_all(6'000'000, 10s)).size(), 5'000'000U);
    auto const refused = must(co_await client.request(upload(20'000'000), 10s));
    EXPECT_EQ(refused.status, 413);
}

TEST_F(Loopback, PlainTcpCarriesRequestsAndStreams) {
    run([]() -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        HttpServer server(executor, {}, handle);
        auto listener = must(Listener::open_tcp(executor, "127.0.0.1", 0));
        auto const port = listener.port();
        server.serve(std::move(listener));
        co_await exercise(tcp_connector("127.0.0.1", port), "false 1000000 127.0.0.1:");
        co_await exercise(tcp_connector("localhost", port), "false 1000000 127.0.0.1:");
        co_await server.stop(1s);
        EXPECT_FALSE(co_await connect_tcp("127.0.0.1", port, 10s)) << "nobody listens after stop";
    }());
}

awaitable<void> over_unix(std::string path) {
    auto const executor = co_await asio::this_coro::executor;
    HttpServer server(executor, {}, handle);
    server.serve(must(Listener::open_unix(executor, path)));
    EXPECT_EQ(Listener::open_unix(executor, path).error().code, Errc::conflict)
        << "somebody listens there";
    co_await exercise(unix_connector(path), fmt::format("false 1000000 {}", path.substr(0, 10)));
    co_await server.stop(1s);
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_FALSE(co_await connect_unix(path, 1s));
}

TEST_F(Loopback, AUnixSocketCarriesRequestsAndStreams) {
    run(over_unix((folder_ / "api.sock").string()));
}

struct TlsCase {
    TlsServerOptions server;
    TlsClientOptions trusting;
    std::string fingerprint;
};

awaitable<void> over_tls(TlsCase with) {
    auto const executor = co_await asio::this_coro::executor;
    HttpServer server(executor, {}, handle);
    auto listener = must(Listener::open_tls(executor, "127.0.0.1", 0, with.server));
    auto const port = listener.port();
    server.serve(std::move(listener));

    co_await exercise(tls_connector("127.0.0.1", port, with.trusting), "true 1000000 127.0.0.1:");
    co_await exercise(tls_connector("localhost", port, with.trusting), "true 1000000 127.0.0.1:");

    TlsClientOptions const by_default;
    auto const untrusted = co_await connect_tls("localhost", port, by_default, 10s);
    EXPECT_EQ(untrusted.error().code, Errc::denied);
    EXPECT_EQ(
        untrusted.error().message,
        "certificate of localhost is not trusted: self-signed certificate; pass --ca FILE"
    );
    auto other_name = with.trusting;
    other_name.server_name = "elsewhere.example";
    auto const mismatch = co_await connect_tls("localhost", port, other_name, 10s);
    EXPECT_EQ(
        mismatch.error().message, "the certificate that elsewhere.example shows is for another name"
    );

    TlsClientOptions pinned;
    pinned.fingerprint = with.fingerprint;
    EXPECT_TRUE(co_await connect_tls("localhost", port, pinned, 10s));
    pinned.fingerprint = std::string(64, '0');
    EXPECT_EQ((co_await connect_tls("localhost", port, pinned, 10s)).error().code, Errc::denied);
    TlsClientOptions careless;
    careless.verify = false;
    EXPECT_TRUE(co_await connect_tls("localhost", port, careless, 10s));
    TlsClientOptions no_file;
    no_file.ca_file = "/nowhere/ca.pem";
    EXPECT_EQ((co_await connect_tls("localhost", port, no_file, 10s)).error().code, Errc::invalid);
    co_await server.stop(1s);
}

TEST_F(Loopback, TlsTrustsWhatItWasToldToTrustAndNothingElse) {
    run(over_tls({server_tls(), trusting(), fingerprint_}));
}

awaitable<void> websocket_over_tls(TlsCase with) {
    auto const executor = co_await asio::this_coro::executor;
    HttpServer server(executor, {}, handle);
    auto listener = must(Listener::open_tls(executor, "127.0.0.1", 0, with.server));
    auto const port = listener.port();
    server.serve(std::move(listener));
    auto socket = must(
        co_await connect_websocket(address("wss", "localhost", port, "/ws"), {}, with.trusting, 10s)
    );
    for (int i = 0; i < 20; ++i) {
        auto const text = std::string(static_cast<std::size_t>(i) * 10'000, 'w');
        must(co_await socket->write(WsMessage::bytes(text)));
        EXPECT_EQ(must(co_await socket->read()).data, text);
    }
    co_await socket->close(1000, "");
    auto const refused =
        co_await connect_websocket(address("wss", "localhost", port, "/"), {}, with.trusting, 10s);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
    co_await server.stop(1s);
}

TEST_F(Loopback, AWebSocketRunsOverTls) {
    run(websocket_over_tls({server_tls(), trusting(), fingerprint_}));
}

awaitable<void> plain_client_on_tls_port(TlsCase with) {
    auto const executor = co_await asio::this_coro::executor;
    HttpServerOptions options;
    options.handshake_limit = 50ms;
    HttpServer server(executor, options, handle);
    auto listener = must(Listener::open_tls(executor, "127.0.0.1", 0, with.server));
    auto const port = listener.port();
    server.serve(std::move(listener));
    HttpClient confused(tcp_connector("127.0.0.1", port), {});
    EXPECT_FALSE(co_await confused.request(HttpRequest(), 10s));
    auto silent = must(co_await connect_tcp("127.0.0.1", port, 10s));
    char c = 0;
    boost::system::error_code ec;
    co_await silent->async_read_some(
        asio::buffer(&c, 1), asio::redirect_error(asio::use_awaitable, ec)
    );
    EXPECT_TRUE(ec) << "a client that never shakes hands is dropped";
    co_await server.stop(1s);
}

TEST_F(Loopback, WhoDoesNotSpeakTlsIsDropped) {
    run(plain_client_on_tls_port({server_tls(), trusting(), fingerprint_}));
}

TEST_F(Loopback, FailuresToConnectSayWhereAndWhy) {
    run([]() -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        auto listener = must(Listener::open_tcp(executor, "127.0.0.1", 0));
        auto const port = listener.port();
        EXPECT_EQ(Listener::open_tcp(executor, "127.0.0.1", port).error().code, Errc::conflict);
        EXPECT_EQ(Listener::open_tcp(executor, "not an address", port).error().code, Errc::invalid);
        listener.close();
        auto const refused = co_await connect_tcp("127.0.0.1", port, 10s);
        EXPECT_EQ(refused.error().code, Errc::unavailable);
        EXPECT_EQ(
            refused.error().message,
            fmt::format("cannot connect to 127.0.0.1:{}: connection refused", port)
        );
        auto const missing = co_await connect_unix("/nowhere/docker.sock", 10s);
        EXPECT_EQ(
            missing.error().message,
            "cannot connect to /nowhere/docker.sock: no such file or directory"
        );
        TlsServerOptions const no_files{"/nowhere/cert.pem", "/nowhere/key.pem"};
        EXPECT_EQ(
            Listener::open_tls(executor, "127.0.0.1", 0, no_files).error().code, Errc::invalid
        );
    }());
}

TEST(StopSignal, IsWaitedFor) {
    run([]() -> awaitable<void> {
        auto const raise_soon = []() -> awaitable<void> {
            co_await async::sleep_for(1ms);
            std::raise(SIGTERM);
        };
        async::TaskGroup group(co_await asio::this_coro::executor, [](auto, auto what) {
            ADD_FAILURE() << what;
        });
        group.spawn("raise", raise_soon());
        EXPECT_EQ(co_await sys::wait_for_stop_signal(), SIGTERM);
        co_await group.stop();
    }());
}

} // namespace
} // namespace kontena::net
