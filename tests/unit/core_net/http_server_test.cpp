#include "core/net/http_server.hpp"
#include "tests/unit/core_net/pipes.hpp"

#include <fmt/format.h>

namespace kontena::net {
namespace {

using namespace tests;
using namespace std::chrono_literals;

awaitable<HttpReply> echo(HttpRequest request, ConnectionInfo /*info*/) {
    HttpResponse out;
    out.headers.add("Content-Type", "text/plain");
    out.body = fmt::format("{} {} {}", request.method, request.target, request.body);
    co_return out;
}

/// Sends `input` on a connection of its own and returns all that the server says until it closes.
awaitable<std::string> talk(HttpServer* server, std::string input) {
    auto [mine, theirs] = make_memory_pipe(co_await asio::this_coro::executor);
    EXPECT_TRUE(server->serve(std::move(theirs)));
    co_await send(mine.get(), std::move(input));
    co_return co_await receive_all(mine.get());
}

std::string status_line(std::string const& answer) { return answer.substr(0, answer.find('\r')); }

TEST(HttpServer, AnswersSeveralRequestsOnOneConnectionInOrder) {
    run([]() -> awaitable<void> {
        HttpServer server(co_await asio::this_coro::executor, {}, echo);
        auto const answer = co_await talk(
            &server,
            "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
            "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz"
            "HEAD /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        );
        auto const first = answer.find("GET /a ");
        auto const second = answer.find("POST /b xyz");
        EXPECT_NE(first, std::string::npos);
        EXPECT_NE(second, std::string::npos);
        EXPECT_LT(first, second);
        EXPECT_EQ(answer.find("HEAD /c"), std::string::npos) << "an answer to HEAD has no body";
        EXPECT_NE(answer.find("Content-Length: 8"), std::string::npos) << "but its length";
        co_await server.stop(1s);
    }());
}

TEST(HttpServer, TooLargeABodyIs413BeforeTheHandlerSeesIt) {
    run([]() -> awaitable<void> {
        HttpServerOptions options;
        options.max_body = 10;
        HttpServer server(co_await asio::this_coro::executor, options, echo);
        auto const declared = co_await talk(
            &server,
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 11\r\n\r\nhello "
            "world"
        );
        EXPECT_EQ(status_line(declared), "HTTP/1.1 413 Payload Too Large");
        auto const chunked = co_await talk(
            &server,
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello "
            "world\r\n0\r\n\r\n"
        );
        EXPECT_EQ(status_line(chunked), "HTTP/1.1 413 Payload Too Large");
        auto const fits = co_await talk(
            &server,
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: "
            "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        );
        EXPECT_NE(fits.find("POST / hello"), std::string::npos);
        co_await server.stop(1s);
    }());
}

TEST(HttpServer, TooLargeAHeadIs431AndGarbageIs400) {
    run([]() -> awaitable<void> {
        HttpServer server(co_await asio::this_coro::executor, {}, echo);
        auto const large =
            co_await talk(&server, "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
        EXPECT_EQ(status_line(large), "HTTP/1.1 431 Request Header Fields Too Large");
        auto const garbage = co_await talk(&server, "\x16\x03\x01 what is this\r\n\r\n");
        EXPECT_EQ(status_line(garbage), "HTTP/1.1 400 Bad Request");
        co_await server.stop(1s);
    }());
}

TEST(HttpServer, ASlowHeadIs408AndASilentConnectionIsClosed) {
    run([]() -> awaitable<void> {
        HttpServerOptions options;
        options.header_limit = 10ms;
        options.body_limit = 10ms;
        options.idle_limit = 10ms;
        HttpServer server(co_await asio::this_coro::executor, options, echo);
        EXPECT_EQ(status_line(co_await talk(&server, "GET / HT")), "HTTP/1.1 408 Request Timeout");
        auto const body =
            co_await talk(&server, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
        EXPECT_EQ(status_line(body), "HTTP/1.1 408 Request Timeout");
        EXPECT_EQ(co_await talk(&server, ""), "");
        EXPECT_EQ(server.connections(), 0U);
        co_await server.stop(1s);
    }());
}

TEST(HttpServer, AHandlerThatFailsIs500WithoutItsReason) {
    run([]() -> awaitable<void> {
        auto const handler = [](HttpRequest, ConnectionInfo) -> awaitable<HttpReply> {
            throw std::runtime_error("secret detail");
            co_return HttpResponse();
        };
        HttpServer server(co_await asio::this_coro::executor, {}, handler);
        auto const answer =
            co_await talk(&server, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        EXPECT_EQ(status_line(answer), "HTTP/1.1 500 Internal Server Error");
        EXPECT_EQ(answer.find("secret"), std::string::npos);
        co_await server.stop(1s);
    }());
}

TEST(HttpServer, AsksForABodyThatTheClientHoldsBack) {
    run([]() -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        HttpServer server(executor, {}, echo);
        auto [mine, theirs] = make_memory_pipe(executor);
        server.serve(std::move(theirs));
        co_await send(
            mine.get(),
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        );
        EXPECT_EQ(co_await receive_until(mine.get(), "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
        co_await send(mine.get(), "hi");
        EXPECT_NE((co_await receive_until(mine.get(), "hi")).find("200 OK"), std::string::npos);
        co_await server.stop(1s);
    }());
}

TEST(HttpServer, RefusesAHeaderThatWouldSplitTheAnswer) {
    run([]() -> awaitable<void> {
        auto const handler = [](HttpRequest, ConnectionInfo) -> awaitable<HttpReply> {
            HttpResponse out;
            out.headers.add("Location", "/x\r\nSet-Cookie: evil=1");
            co_return out;
        };
        HttpServer server(co_await asio::this_coro::executor, {}, handler);
        EXPECT_EQ(co_await talk(&server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "");
        co_await server.stop(1s);
    }());
}

TEST(HttpServer, MoreConnectionsThanAllowedAreRefused) {
    run([]() -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        HttpServerOptions options;
        options.max_connections = 1;
        HttpServer server(executor, options, echo);
        auto [mine, theirs] = make_memory_pipe(executor);
        EXPECT_TRUE(server.serve(std::move(theirs)));
        auto [more, refused] = make_memory_pipe(executor);
        EXPECT_FALSE(server.serve(std::move(refused)));
        EXPECT_EQ(co_await receive_all(more.get()), "");
        co_await server.stop(1s);
    }());
}

struct Follower {
    bool cancelled = false;
    bool ended = false;
};

awaitable<void> follow_for_ever(Follower* state, BodyWriter* out) {
    auto const sent = co_await out->write("{\"index\":1}\n");
    EXPECT_TRUE(sent);
    try {
        co_await async::sleep_for(1h);
    } catch (boost::system::system_error const&) {
        state->cancelled = true;
        throw;
    }
}

HttpHandler follower(Follower* state) {
    return [state](HttpRequest, ConnectionInfo) -> awaitable<HttpReply> {
        StreamReply reply;
        reply.produce = [state](BodyWriter& out) { return follow_for_ever(state, &out); };
        co_return std::move(reply);
    };
}

TEST(HttpServer, AProducerEndsWhenItsClientLeaves) {
    run([]() -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        Follower state;
        HttpServer server(executor, {}, follower(&state));
        auto [mine, theirs] = make_memory_pipe(executor);
        server.serve(std::move(theirs));
        co_await send(mine.get(), "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
        auto const seen = co_await receive_until(mine.get(), "{\"index\":1}\n\r\n");
        EXPECT_NE(seen.find("Transfer-Encoding: chunked"), std::string::npos);
        EXPECT_NE(seen.find("\r\n\r\nc\r\n{"), std::string::npos);
        mine->close();
        co_await async::sleep_for(5ms);
        EXPECT_TRUE(state.cancelled);
        EXPECT_EQ(server.connections(), 0U);
        co_await server.stop(1s);
    }());
}

TEST(HttpServer, StopDoesNotWaitForFollowersButForRequests) {
    run([]() -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        Follower state;
        HttpServer server(executor, {}, follower(&state));
        auto [mine, theirs] = make_memory_pipe(executor);
        server.serve(std::move(theirs));
        co_await send(mine.get(), "GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
        co_await receive_until(mine.get(), "1}");
        co_await server.stop(1h);
        EXPECT_TRUE(state.cancelled);

        auto const slowly = [](HttpRequest, ConnectionInfo) -> awaitable<HttpReply> {
            co_await async::sleep_for(10ms);
            HttpResponse out;
            out.body = "done";
            co_return out;
        };
        HttpServer other(executor, {}, slowly);
        auto [client, served] = make_memory_pipe(executor);
        other.serve(std::move(served));
        co_await send(client.get(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        co_await async::sleep_for(2ms);
        co_await other.stop(1h);
        auto const answer = co_await receive_all(client.get());
        EXPECT_NE(answer.find("done"), std::string::npos);
        EXPECT_FALSE(other.serve(std::move(mine)));
    }());
}

} // namespace
} // namespace kontena::net
