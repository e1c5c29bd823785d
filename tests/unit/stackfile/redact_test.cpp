#include "stackfile/redact.hpp"

#include <gtest/gtest.h>

namespace {

using kontena::stackfile::Redactor;

TEST(Redactor, SecretsGoWhereverTheyStand) {
    Redactor const redactor({"hunter2"});
    EXPECT_EQ(redactor.redact("'xhunter2y' and hunter2"), "'x[hidden]y' and [hidden]");
}

TEST(Redactor, ALongerSecretGoesAsAWhole) {
    EXPECT_EQ(Redactor({"pass", "password"}).redact("password pass"), "[hidden] [hidden]");
}

TEST(Redactor, VeryShortSecretsGoOnlyAsWords) {
    EXPECT_EQ(
        Redactor({"a"}).redact("'a' is not a map: a=1"),
        "'[hidden]' is not [hidden] map: [hidden]=1"
    );
    EXPECT_EQ(Redactor({"ma"}).redact("a map"), "a map");
}

TEST(Redactor, EachLineOfASecretGoes) {
    Redactor const redactor({"-----BEGIN\nabcdef\n"});
    EXPECT_EQ(redactor.redact("the line is: abcdef"), "the line is: [hidden]");
}

TEST(Redactor, SecretsGoAlsoWhereTheyAreEscaped) {
    Redactor const redactor({"it's \"x\""});
    EXPECT_EQ(redactor.redact("\"it's \\\"x\\\"\""), "\"[hidden]\"");
    EXPECT_EQ(redactor.redact("'it''s \"x\"'"), "'[hidden]'");
}

TEST(Redactor, PathsAreRedactedToo) {
    std::vector<kontena::core::Issue> issues(1);
    issues[0].path = "services.web.environment.hunter2";
    Redactor({"hunter2"}).redact(issues);
    EXPECT_EQ(issues[0].path, "services.web.environment.[hidden]");
}

} // namespace
