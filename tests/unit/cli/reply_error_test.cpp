#include "cli/client/api_client.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena;
using cli::error_of_reply;

TEST(ReplyError, TextsAndPlainBodies) {
    EXPECT_EQ(
        error_of_reply(409, R"({"error":"grid x exists already"})", "/v1/grids").message,
        "grid x exists already"
    );
    EXPECT_EQ(
        error_of_reply(404, "", "/v1/x").message, "the master answered 404 Not Found (/v1/x)"
    );
    EXPECT_EQ(
        error_of_reply(404, R"({"error":"Not found"})", "/v1/x").message,
        "the master does not know /v1/x"
    );
    EXPECT_EQ(
        error_of_reply(502, "<html>proxy</html>", "/v1/x").message,
        "the master answered 502 Bad Gateway (/v1/x)"
    );
    EXPECT_EQ(error_of_reply(404, "", "/v1/x").code, core::Errc::not_found);
}

TEST(ReplyError, FieldsBecomeIssues) {
    auto const error = error_of_reply(
        422, R"({"error":{"services":{"web":{"image":"missing"}},"name":"taken"}})", "/"
    );
    ASSERT_EQ(error.issues.size(), 2U);
    EXPECT_EQ(error.issues[0].path, "services.web.image");
    EXPECT_EQ(error.issues[0].reason, "missing");
    EXPECT_EQ(error.issues[1].path, "name");
}

TEST(ReplyError, IssuesOfAStackAreTakenOver) {
    auto const error = error_of_reply(
        422,
        R"({"error":"not valid","issues":[{"path":"a","reason":"r","file":"f.yml","line":3}]})",
        "/"
    );
    EXPECT_EQ(error.message, "not valid");
    ASSERT_EQ(error.issues.size(), 1U);
    EXPECT_EQ(to_string(error.issues[0]), "f.yml:3: a: r");
}

TEST(ReplyError, ARefusedTokenSaysWhatToDo) {
    auto const error = error_of_reply(403, R"({"error":"invalid_token"})", "/v1/grids");
    EXPECT_NE(error.message.find("kontena master login"), std::string::npos);
}

TEST(ApiPath, SegmentsAreEscaped) {
    EXPECT_EQ(cli::api_path({"stacks", "a b", "c/d"}), "stacks/a%20b/c%2Fd");
}

} // namespace
