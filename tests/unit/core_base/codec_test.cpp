#include "core/json/codec.hpp"
#include "core/model/plan.hpp"
#include "core/model/service.hpp"

#include <boost/json/value.hpp>
#include <gtest/gtest.h>

namespace {

using namespace kontena;

struct Inner {
    int count = 7;
    std::vector<std::string> words;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (count, words))

struct Outer {
    std::string name = "default";
    std::optional<double> ratio;
    std::uint16_t port = 0;
    model::Strategy strategy = model::Strategy::ha;
    std::map<std::string, Inner> inner;
    std::shared_ptr<Inner const> shared;
    core::TimePoint at;
    core::Millis lasts{0};
    core::GridId grid;
    bool flag = false;
};
BOOST_DESCRIBE_STRUCT(
    Outer, (), (name, ratio, port, strategy, inner, shared, at, lasts, grid, flag)
)

std::vector<core::Issue>
issues(std::string_view text, json::Unknown unknown = json::Unknown::ignore) {
    auto const out = json::decode_text<Outer>(text, unknown);
    return out ? std::vector<core::Issue>{} : out.error().issues;
}

TEST(Codec, EncodesAndDecodesTheSameValue) {
    Outer const value{
        .name = "a",
        .ratio = 0.5,
        .port = 65535,
        .strategy = model::Strategy::daemon,
        .inner = {{"x", {.count = -3, .words = {"p", "q"}}}},
        .shared = std::make_shared<Inner const>(Inner{.count = 1}),
        .at = *core::parse_time("2026-01-02T03:04:05.678Z"),
        .lasts = core::Millis(1500),
        .grid = core::GridId("prod"),
        .flag = true,
    };
    auto const text = json::encode_text(value);
    auto const back = json::decode_text<Outer>(text);
    ASSERT_TRUE(back);
    EXPECT_EQ(json::encode_text(*back), text);
    EXPECT_EQ(
        text,
        R"({"name":"a","ratio":5E-1,"port":65535,"strategy":"daemon",)"
        R"("inner":{"x":{"count":-3,"words":["p","q"]}},"shared":{"count":1,"words":[]},)"
        R"("at":"2026-01-02T03:04:05.678Z","lasts":1500,"grid":"prod","flag":true})"
    );
}

TEST(Codec, AStackSurvivesTheRoundTrip) {
    model::StackSpec stack{.name = "shop", .stack = "acme/shop", .labels = {"a=b"}};
    stack.services.push_back(
        {.name = "web",
         .spec =
             {.image = "web:1",
              .env = {"A=1"},
              .ports = {{.node_port = 80, .container_port = 8080}},
              .deploy_opts = {.wait_for_port = 8080, .reschedule_after = 30},
              .health_check = model::HealthCheck{.port = 80},
              .cpus = 0.5,
              .memory = std::uint64_t{1} << 40U},
         .origin = {"f.yml", 3}}
    );
    auto const back = json::decode<model::StackSpec>(json::encode(stack), json::Unknown::refuse);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, stack);
}

TEST(Codec, AbsentAndNullMembersKeepTheirDefaults) {
    auto const empty = json::decode_text<Outer>("{}");
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->name, "default");
    auto const nulls = json::decode_text<Outer>(R"({"name":null,"ratio":null,"shared":null})");
    ASSERT_TRUE(nulls);
    EXPECT_EQ(nulls->name, "default");
    EXPECT_FALSE(nulls->ratio);
}

TEST(Codec, EveryProblemIsReportedWithItsPath) {
    auto const found = issues(
        R"({"name":5,"ratio":"x","port":70000,"strategy":"swarm","inner":{"x":{"words":["a",1]}},)"
        R"("at":"yesterday","flag":1})"
    );
    std::vector<std::string> paths;
    for (auto const& issue : found) paths.push_back(issue.path);
    EXPECT_EQ(
        paths,
        (std::vector<std::string>{
            "/name", "/ratio", "/port", "/strategy", "/inner/x/words/1", "/at", "/flag"
        })
    );
    EXPECT_EQ(found[3].reason, "'swarm' is not one of ha, daemon or random");
}

TEST(Codec, UnknownMembersAreIgnoredOrRefusedWithASuggestion) {
    EXPECT_TRUE(issues(R"({"nam":"x"})").empty());
    auto const found = issues(R"({"nam":"x"})", json::Unknown::refuse);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].path, "/nam");
    EXPECT_EQ(found[0].reason, "unknown key; did you mean 'name'?");
}

TEST(Codec, NumbersMustFit) {
    EXPECT_EQ(issues(R"({"port":-1})").size(), 1U);
    EXPECT_EQ(issues(R"({"port":1.5})").size(), 1U);
    EXPECT_EQ(issues(R"({"lasts":18446744073709551615})").size(), 1U);
    EXPECT_TRUE(issues(R"({"ratio":3})").empty());
}

TEST(Codec, WrongShapesAreRefused) {
    EXPECT_EQ(issues("[]").size(), 1U);
    EXPECT_EQ(issues(R"({"inner":[]})").size(), 1U);
    EXPECT_EQ(issues(R"({"inner":{"x":5}})").size(), 1U);
    EXPECT_EQ(issues(R"({"shared":"x"})").size(), 1U);
}

TEST(Codec, BrokenJsonHasAPlace) {
    auto const broken = json::parse("{\n  \"a\": tru\n}");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().issues.at(0).line, 2);
    EXPECT_FALSE(json::parse(""));
    EXPECT_FALSE(json::parse("{} x"));
    EXPECT_FALSE(json::parse(std::string(100, '[') + std::string(100, ']')));
}

TEST(Codec, PrettyTextIsIndented) {
    EXPECT_EQ(
        json::pretty(*json::parse(R"({"a":[1,{"b":[]}],"c":{}})")),
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}\n"
    );
}

} // namespace
