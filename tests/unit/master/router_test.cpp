#include "core/crypto/digest.hpp"
#include "master/api/router.hpp"
#include "master/api/tokens.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/json/object.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontena::master {
namespace {

using testing::HasSubstr;

/// GET /v1/things/:name and POST /v1/things need a token, GET /ping does not. `sesame` is one.
struct Routes : testing::Test {
    core::TimePoint const now{core::Seconds(1'800'000'000)};
    State state;
    Router router{[this](net::HttpRequest const& request) {
        return authenticate(state, request, now);
    }};

    Routes() {
        auto const echo = [](Context context) -> awaitable<net::HttpReply> {
            boost::json::object body{{"caller", context.caller.token_name}};
            for (auto const& [name, value] : context.path) body.emplace(name, value);
            body.emplace("limit", context.number("limit", 50, 100));
            co_return json_reply(200, body);
        };
        router.add("GET", "/v1/things/:name", echo);
        router.add("POST", "/v1/things", echo);
        router.add("GET", "/ping", echo, Access::open);
        add_token("sesame", std::nullopt);
        add_token("expired", now);
    }

    void add_token(std::string const& text, std::optional<core::TimePoint> expires) {
        auto const hash = crypto::sha256_hex(text);
        state.put<model::Token>(std::make_shared<model::Token const>(model::Token{
            .id = core::TokenId(hash.substr(0, 32)),
            .name = "of " + text,
            .hash = hash,
            .expires_at = expires
        }));
    }

    net::HttpResponse
    ask(std::string method, std::string target, std::string const& authorization = "Bearer sesame"
    ) {
        net::HttpRequest request{.method = std::move(method), .target = std::move(target)};
        if (!authorization.empty()) request.headers.set("Authorization", authorization);
        net::HttpResponse out;
        tests::run(
            [](Router& to, net::HttpRequest what, net::HttpResponse& answer) -> awaitable<void> {
                auto reply = co_await to.route(std::move(what), {});
                answer = std::get<net::HttpResponse>(std::move(reply));
            }(router, std::move(request), out)
        );
        return out;
    }
};

TEST_F(Routes, a_request_reaches_its_handler) {
    auto const reply = ask("GET", "/v1/things/a%2Fb?limit=7");
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.body, HasSubstr(R"("name":"a/b")"));
    EXPECT_THAT(reply.body, HasSubstr(R"("caller":"of sesame")"));
    EXPECT_THAT(reply.body, HasSubstr(R"("limit":7)"));
    EXPECT_EQ(reply.headers.get("Content-Type"), "application/json");
    EXPECT_THAT(ask("GET", "/v1/things/a?limit=1000").body, HasSubstr(R"("limit":100)"));
    EXPECT_THAT(ask("GET", "/v1/things/a?limit=no").body, HasSubstr(R"("limit":50)"));
}

TEST_F(Routes, everything_but_open_routes_wants_a_token) {
    for (auto const* bad :
         {"", "Bearer", "Bearer ", "Bearer wrong", "Basic sesame", "sesame", "Bearer expired"}) {
        EXPECT_EQ(ask("GET", "/v1/things/a", bad).status, 403) << bad;
        EXPECT_EQ(ask("DELETE", "/v1/things/a", bad).status, 403) << bad;
        EXPECT_EQ(ask("GET", "/nowhere", bad).status, 403) << bad;
        EXPECT_EQ(ask("POST", "/ping", bad).status, 403) << bad;
        EXPECT_EQ(ask("GET", "/ping", bad).status, 200) << bad;
    }
    EXPECT_TRUE(ask("GET", "/nowhere", "").headers.has("WWW-Authenticate"));
    EXPECT_EQ(ask("GET", "/v1/things/a", "bearer sesame").status, 200);
}

TEST_F(Routes, wrong_paths_and_methods) {
    EXPECT_EQ(ask("GET", "/nowhere").status, 404);
    EXPECT_EQ(ask("GET", "/v1/things/a/b").status, 404);
    EXPECT_EQ(ask("DELETE", "/v1/things/a").status, 405);
    EXPECT_EQ(ask("GET", "/v1/things").status, 405);
    EXPECT_EQ(ask("POST", "/ping").status, 405);
    EXPECT_EQ(ask("GET", "/v1/things/%zz").status, 422);
}

TEST(Replies, errors_carry_their_issues) {
    auto const reply = error_reply(core::Error(
        core::Errc::invalid, "broken", {{.path = "services.web", .reason = "no", .line = 3}}
    ));
    EXPECT_GE(reply.status, 400);
    EXPECT_LT(reply.status, 500);
    EXPECT_THAT(reply.body, HasSubstr("services.web"));
    EXPECT_EQ(error_reply(core::Error(core::Errc::not_found, "none")).status, 404);
    EXPECT_EQ(error_reply(core::Error(core::Errc::unavailable, "later")).status, 503);
}

} // namespace
} // namespace kontena::master
