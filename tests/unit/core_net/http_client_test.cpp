#include "core/async/task_group.hpp"
#include "core/net/http_client.hpp"
#include "tests/unit/core_net/pipes.hpp"

#include <deque>

namespace kontena::net {
namespace {

using namespace tests;
using namespace std::chrono_literals;
using core::Errc;
using core::Result;

/// A server that says what it was told to, whatever it is asked: one script per connection.
class Script {
public:
    explicit Script(asio::any_io_executor executor)
        : executor_(executor)
        , tasks_(executor, [](auto, auto what) { ADD_FAILURE() << what; }) {}

    /// Answers each request on one connection with the next of `answers`, then closes.
    void connection(std::vector<std::string> answers) { scripts_.push_back(std::move(answers)); }

    Connector connector() {
        return [this](Millis /*limit*/) -> awaitable<Result<StreamPtr>> { return open(); };
    }

    int opened() const { return opened_; }

    std::string const& heard() const { return heard_; }

    awaitable<void> stop() { return tasks_.stop(); }

private:
    awaitable<Result<StreamPtr>> open() {
        if (scripts_.empty()) co_return core::fail(Errc::unavailable, "nobody listens");
        ++opened_;
        auto [mine, theirs] = make_memory_pipe(executor_);
        tasks_.spawn("script", play(std::move(theirs), std::move(scripts_.front())));
        scripts_.pop_front();
        co_return std::move(mine);
    }

    awaitable<void> play(StreamPtr stream, std::vector<std::string> answers) {
        for (auto& answer : answers) {
            heard_ += co_await receive_until(stream.get(), "\r\n\r\n");
            co_await send(stream.get(), answer);
        }
    }

    asio::any_io_executor executor_;
    std::deque<std::vector<std::string>> scripts_;
    int opened_ = 0;
    std::string heard_;
    async::TaskGroup tasks_;
};

std::string const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

HttpRequest get(std::string target) {
    HttpRequest request;
    request.target = std::move(target);
    return request;
}

HttpRequest post(std::string target) {
    auto request = get(std::move(target));
    request.method = "POST";
    return request;
}

TEST(HttpClient, TalksWithTheServerAndKeepsTheConnection) {
    run([]() -> awaitable<void> {
        auto const handler = [](HttpRequest request, ConnectionInfo) -> awaitable<HttpReply> {
            HttpResponse out;
            out.status = 201;
            out.headers.add("X-Host", request.headers.get("host").value_or(""));
            out.body = request.method + request.body;
            co_return out;
        };
        HttpServer server(co_await asio::this_coro::executor, {}, handler);
        int connections = 0;
        HttpClientOptions options;
        options.host = "master:8080";
        HttpClient client(connect_to(&server, &connections), options);
        for (auto const* method : {"GET", "POST", "PUT", "DELETE", "HEAD"}) {
            auto request = get("/");
            request.method = method;
            request.body = method == std::string("HEAD") ? "" : std::string(100'000, 'b');
            auto const expected = request.method == "HEAD" ? "" : request.method + request.body;
            auto const answer = must(co_await client.request(std::move(request), 10s));
            EXPECT_EQ(answer.status, 201);
            EXPECT_EQ(answer.body, expected);
            EXPECT_EQ(answer.headers.get("x-host"), "master:8080");
        }
        EXPECT_EQ(connections, 1);
        co_await server.stop(1s);
    }());
}

TEST(HttpClient, ReadsChunkedAndUnterminatedBodiesAndSkipsInterimAnswers) {
    run([]() -> awaitable<void> {
        Script script(co_await asio::this_coro::executor);
        script.connection(
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            }
        );
        script.connection({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nuntil the end"});
        HttpClient client(script.connector(), {});
        EXPECT_EQ(must(co_await client.request(get("/"), 10s)).body, "abcde");
        auto upload = get("/");
        upload.headers.add("Connection", "close");
        EXPECT_EQ(must(co_await client.request(std::move(upload), 10s)).body, "until the end");
        co_await script.stop();
    }());
}

TEST(HttpClient, RepeatsAnIdempotentRequestOnAStaleConnectionOnce) {
    run([]() -> awaitable<void> {
        Script script(co_await asio::this_coro::executor);
        script.connection({ok}); // closes after one answer
        script.connection({ok});
        HttpClient client(script.connector(), {});
        must(co_await client.request(get("/1"), 10s));
        must(co_await client.request(get("/2"), 10s));
        EXPECT_EQ(script.opened(), 2);
        co_await script.stop();
    }());
}

TEST(HttpClient, DoesNotRepeatARequestThatMayHaveBeenDone) {
    run([]() -> awaitable<void> {
        Script script(co_await asio::this_coro::executor);
        script.connection({ok, ""}); // hears the second request, then closes
        script.connection({ok});
        HttpClient client(script.connector(), {});
        must(co_await client.request(get("/1"), 10s));
        auto const answer = co_await client.request(post("/2"), 10s);
        EXPECT_FALSE(answer);
        EXPECT_EQ(answer.error().code, Errc::unavailable);
        EXPECT_EQ(script.opened(), 1);
        co_await script.stop();
    }());
}

TEST(HttpClient, DoesNotRepeatOnAFreshConnection) {
    run([]() -> awaitable<void> {
        Script script(co_await asio::this_coro::executor);
        script.connection({""});
        script.connection({ok});
        HttpClient client(script.connector(), {});
        EXPECT_FALSE(co_await client.request(get("/"), 10s));
        EXPECT_EQ(script.opened(), 1);
        co_await script.stop();
    }());
}

TEST(HttpClient, BoundsTheBodyAndTheTime) {
    run([]() -> awaitable<void> {
        Script script(co_await asio::this_coro::executor);
        HttpClientOptions options;
        options.max_body = 4;
        HttpClient client(script.connector(), options);
        script.connection({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"});
        EXPECT_EQ((co_await client.request(get("/"), 10s)).error().code, Errc::invalid);
        script.connection({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", "never heard"});
        auto const late = co_await client.request(get("/slow?secret=1"), 10ms);
        EXPECT_EQ(late.error().code, Errc::timeout);
        EXPECT_EQ(late.error().message, "GET localhost/slow: no answer within 10ms");
        script.connection({"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhe"});
        EXPECT_EQ((co_await client.request(get("/"), 10s)).error().code, Errc::unavailable);
        co_await script.stop();
    }());
}

TEST(HttpClient, RefusesARequestThatWouldSplit) {
    run([]() -> awaitable<void> {
        Script script(co_await asio::this_coro::executor);
        HttpClient client(script.connector(), {});
        EXPECT_EQ((co_await client.request(get("/a b"), 10s)).error().code, Errc::invalid);
        EXPECT_EQ((co_await client.request(get("/\r\nX: y"), 10s)).error().code, Errc::invalid);
        EXPECT_EQ(script.opened(), 0);
        co_await script.stop();
    }());
}

awaitable<void> count_to_three(BodyWriter* out) {
    for (int i = 1; i <= 3; ++i) {
        must(co_await out->write(std::to_string(i) + "\n"));
        co_await async::sleep_for(2ms);
    }
}

TEST(StreamingResponse, YieldsPiecesAsTheyAreWritten) {
    run([]() -> awaitable<void> {
        auto const handler = [](HttpRequest, ConnectionInfo) -> awaitable<HttpReply> {
            StreamReply reply;
            reply.headers.add("Content-Type", "application/x-ndjson");
            reply.produce = [](BodyWriter& out) { return count_to_three(&out); };
            co_return std::move(reply);
        };
        HttpServer server(co_await asio::this_coro::executor, {}, handler);
        int connections = 0;
        HttpClient client(connect_to(&server, &connections), {});
        auto stream = must(co_await client.open_stream(get("/"), 10s));
        EXPECT_TRUE(stream.ok());
        EXPECT_EQ(stream.headers().get("content-type"), "application/x-ndjson");
        std::vector<std::string> pieces;
        while (auto piece = must(co_await stream.next_chunk(10s))) pieces.push_back(*piece);
        EXPECT_EQ(pieces, (std::vector<std::string>{"1\n", "2\n", "3\n"}));
        EXPECT_EQ(must(co_await stream.next_chunk(10s)), std::nullopt) << "the end stays the end";
        co_await server.stop(1s);
    }());
}

TEST(StreamingResponse, TellsSilenceFromTheEndAndFromACut) {
    run([]() -> awaitable<void> {
        Script script(co_await asio::this_coro::executor);
        HttpClient client(script.connector(), {});
        script.connection(
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", "never heard"}
        );
        auto silent = must(co_await client.open_stream(get("/"), 10s));
        EXPECT_EQ(must(co_await silent.next_chunk(10s)), "a");
        EXPECT_EQ((co_await silent.next_chunk(10ms)).error().code, Errc::timeout);
        script.connection({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"});
        auto cut = must(co_await client.open_stream(get("/"), 10s));
        EXPECT_EQ(must(co_await cut.next_chunk(10s)), "a");
        EXPECT_EQ((co_await cut.next_chunk(10s)).error().code, Errc::unavailable);
        co_await script.stop();
    }());
}

awaitable<void> shout_back(StreamPtr stream) {
    auto const line = co_await receive_until(stream.get(), "\n");
    co_await send(stream.get(), "heard " + line);
    co_await stream->shutdown(1s);
}

TEST(Upgrade, GivesTheConnectionToBothSides) {
    run([]() -> awaitable<void> {
        auto const handler = [](HttpRequest request, ConnectionInfo) -> awaitable<HttpReply> {
            if (request.target == "/gone") {
                HttpResponse out;
                out.status = 404;
                out.body = "no such container";
                co_return out;
            }
            UpgradeReply reply;
            reply.head.status = 101;
            reply.head.headers.add("Upgrade", request.headers.get("Upgrade").value_or(""));
            reply.run = shout_back;
            co_return std::move(reply);
        };
        HttpServer server(co_await asio::this_coro::executor, {}, handler);
        int connections = 0;
        HttpClient client(connect_to(&server, &connections), {});
        auto upgraded = must(co_await client.upgrade(post("/attach"), 10s));
        EXPECT_EQ(upgraded.head.status, 101);
        EXPECT_EQ(upgraded.head.headers.get("upgrade"), "tcp");
        co_await send(upgraded.stream.get(), "hello\n");
        EXPECT_EQ(co_await receive_all(upgraded.stream.get()), "heard hello\n");
        auto const refused = co_await client.upgrade(post("/gone"), 10s);
        EXPECT_EQ(refused.error().code, Errc::not_found);
        EXPECT_NE(refused.error().message.find("no such container"), std::string::npos);
        co_await server.stop(1s);
    }());
}

TEST(Upgrade, KeepsTheBytesThatCameWithTheHead) {
    run([]() -> awaitable<void> {
        Script script(co_await asio::this_coro::executor);
        HttpClient client(script.connector(), {});
        script.connection(
            {"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst bytes"}
        );
        auto upgraded = must(co_await client.upgrade(post("/"), 10s));
        EXPECT_EQ(co_await receive_all(upgraded.stream.get()), "first bytes");
        script.connection(
            {"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nraw"}
        );
        auto old_style = must(co_await client.upgrade(post("/"), 10s));
        EXPECT_EQ(co_await receive_all(old_style.stream.get()), "raw");
        co_await script.stop();
    }());
}

} // namespace
} // namespace kontena::net
