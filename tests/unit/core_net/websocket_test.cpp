#include "core/async/task_group.hpp"
#include "core/net/websocket.hpp"
#include "tests/unit/core_net/pipes.hpp"

namespace kontena::net {
namespace {

using namespace tests;
using namespace std::chrono_literals;
using core::Errc;
using core::Result;

awaitable<void> echo(WebSocketPtr socket) {
    while (true) {
        auto message = co_await socket->read();
        if (!message) co_return;
        if (message->data == "bye") {
            co_await socket->close(4001, "as you wish");
            co_return;
        }
        if (!co_await socket->write(std::move(*message))) co_return;
    }
}

awaitable<void> stay_silent(WebSocketPtr /*socket*/) { co_await async::sleep_for(1h); }

HttpHandler
websocket_handler(std::function<awaitable<void>(WebSocketPtr)> run, WebSocketOptions options = {}) {
    return [=](HttpRequest request, ConnectionInfo) -> awaitable<HttpReply> {
        if (request.headers.get("Authorization") != "Bearer good") {
            HttpResponse out;
            out.status = 401;
            out.body = "unknown token";
            co_return out;
        }
        WebSocketReply reply;
        reply.run = run;
        reply.options = options;
        co_return std::move(reply);
    };
}

awaitable<Result<WebSocketPtr>>
open(HttpServer* server, WebSocketOptions options = {}, std::string token = "good") {
    auto [mine, theirs] = make_memory_pipe(co_await asio::this_coro::executor);
    server->serve(std::move(theirs));
    Headers headers{{"Authorization", "Bearer " + token}};
    co_return co_await open_websocket(
        std::move(mine), "master", "/v1/agent", std::move(headers), options
    );
}

TEST(WebSocket, CarriesTextAndBytesBothWays) {
    run([]() -> awaitable<void> {
        HttpServer server(co_await asio::this_coro::executor, {}, websocket_handler(echo));
        auto socket = must(co_await open(&server));
        must(co_await socket->write(WsMessage::text("hello")));
        auto const text = must(co_await socket->read());
        EXPECT_EQ(text.data, "hello");
        EXPECT_FALSE(text.binary);
        std::string const large(1'000'000, '\x00');
        must(co_await socket->write(WsMessage::bytes(large)));
        auto const bytes = must(co_await socket->read());
        EXPECT_TRUE(bytes.binary);
        EXPECT_EQ(bytes.data, large);
        co_await socket->close(1000, "done");
        co_await server.stop(1s);
    }());
}

TEST(WebSocket, ShowsWhatThePeerClosedWith) {
    run([]() -> awaitable<void> {
        HttpServer server(co_await asio::this_coro::executor, {}, websocket_handler(echo));
        auto socket = must(co_await open(&server));
        EXPECT_EQ(socket->close_code(), std::nullopt);
        must(co_await socket->write(WsMessage::text("bye")));
        auto const end = co_await socket->read();
        EXPECT_EQ(end.error().code, Errc::unavailable);
        EXPECT_EQ(socket->close_code(), 4001);
        EXPECT_EQ(socket->close_reason(), "as you wish");
        EXPECT_FALSE(co_await socket->write(WsMessage::text("too late")));
        co_await server.stop(1s);
    }());
}

TEST(WebSocket, NoticesASilentPeer) {
    run([]() -> awaitable<void> {
        HttpServer server(co_await asio::this_coro::executor, {}, websocket_handler(stay_silent));
        WebSocketOptions options;
        options.idle_limit = 40ms;
        auto socket = must(co_await open(&server, options));
        auto const end = co_await socket->read();
        EXPECT_EQ(end.error().code, Errc::timeout);
        EXPECT_EQ(socket->close_code(), std::nullopt);
        co_await server.stop(1s);
    }());
}

awaitable<void> read_text(WebSocket* socket, std::string* heard) {
    auto const message = co_await socket->read();
    *heard = message ? message->data : message.error().message;
}

TEST(WebSocket, PingsKeepAQuietConnectionAlive) {
    run([]() -> awaitable<void> {
        HttpServer server(co_await asio::this_coro::executor, {}, websocket_handler(echo));
        WebSocketOptions options;
        options.idle_limit = 40ms;
        auto socket = must(co_await open(&server, options));
        async::TaskGroup group(co_await asio::this_coro::executor, [](auto, auto what) {
            ADD_FAILURE() << what;
        });
        std::string heard;
        group.spawn("read", read_text(socket.get(), &heard));
        co_await async::sleep_for(200ms);
        must(co_await socket->write(WsMessage::text("still here")));
        co_await group.drain();
        EXPECT_EQ(heard, "still here") << "after five times the limit";
        co_await group.stop();
        co_await server.stop(1s);
    }());
}

TEST(WebSocket, AMessageThatIsTooLargeEndsTheConnection) {
    run([]() -> awaitable<void> {
        WebSocketOptions options;
        options.max_message = 100;
        HttpServer server(co_await asio::this_coro::executor, {}, websocket_handler(echo, options));
        auto socket = must(co_await open(&server));
        must(co_await socket->write(WsMessage::text(std::string(101, 'x'))));
        EXPECT_EQ((co_await socket->read()).error().code, Errc::unavailable);
        EXPECT_EQ(socket->close_code(), 1009);
        co_await server.stop(1s);
    }());
}

TEST(WebSocket, ARefusalSaysWhy) {
    run([]() -> awaitable<void> {
        HttpServer server(co_await asio::this_coro::executor, {}, websocket_handler(echo));
        auto const refused = co_await open(&server, {}, "bad");
        EXPECT_EQ(refused.error().code, Errc::unauthenticated);
        EXPECT_NE(refused.error().message.find("unknown token"), std::string::npos);
        int connections = 0;
        HttpClient client(connect_to(&server, &connections), {});
        HttpRequest plain;
        plain.headers.add("Authorization", "Bearer good");
        EXPECT_EQ(must(co_await client.request(std::move(plain), 10s)).status, 426);
        co_await server.stop(1s);
    }());
}

awaitable<void> read_once(WebSocket* socket, Errc* code) {
    auto const message = co_await socket->read();
    if (!message) *code = message.error().code;
}

TEST(WebSocket, AbortWakesTheReaderAndTheOtherSide) {
    run([]() -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        HttpServer server(executor, {}, websocket_handler(echo));
        auto socket = must(co_await open(&server));
        auto code = Errc::internal;
        async::TaskGroup group(executor, [](auto, auto what) { ADD_FAILURE() << what; });
        group.spawn("read", read_once(socket.get(), &code));
        co_await async::sleep_for(2ms);
        socket->abort();
        co_await group.drain();
        EXPECT_EQ(code, Errc::unavailable);
        co_await async::sleep_for(2ms);
        EXPECT_EQ(server.connections(), 0U);
        co_await group.stop();
        co_await server.stop(1s);
    }());
}

TEST(WebSocket, ACancelledReadClosesTheConnectionAtOnce) {
    run(
        []() -> awaitable<void> {
            HttpServer server(co_await asio::this_coro::executor, {}, websocket_handler(echo));
            // Also while pings are under way, and at every step of them.
            for (int i = 0; i < 40; ++i) {
                WebSocketOptions options;
                options.idle_limit = 4ms;
                auto socket = must(co_await open(&server, options));
                [[maybe_unused]] auto const end =
                    co_await async::with_timeout(socket->read(), Millis(i % 7), "reading");
                EXPECT_FALSE(co_await socket->write(WsMessage::text("too late")));
            }
            co_await server.stop(1h);
        }(),
        5s
    );
}

TEST(WebSocket, StopOfTheServerEndsIt) {
    run([]() -> awaitable<void> {
        HttpServer server(co_await asio::this_coro::executor, {}, websocket_handler(echo));
        auto socket = must(co_await open(&server));
        co_await server.stop(1h);
        EXPECT_EQ((co_await socket->read()).error().code, Errc::unavailable);
    }());
}

} // namespace
} // namespace kontena::net
