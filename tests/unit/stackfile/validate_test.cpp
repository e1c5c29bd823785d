#include "core/model/affinity.hpp"
#include "core/model/stack_spec.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kontena;

model::StackSpec valid() {
    model::StackSpec stack{.name = "shop", .stack = "shop"};
    stack.services.push_back({.name = "web", .spec = {.image = "web:1"}, .origin = {"f.yml", 3}});
    stack.services.push_back({.name = "db", .spec = {.image = "db:1"}, .origin = {"f.yml", 5}});
    return stack;
}

/// Path of the only issue; "none" or "many" otherwise.
std::string only(model::StackSpec const& stack) {
    auto const issues = model::validate(stack);
    if (issues.empty()) return "none";
    return issues.size() == 1 ? issues[0].path : "many";
}

TEST(Validate, AGoodStackHasNoIssues) { EXPECT_EQ(only(valid()), "none"); }

TEST(Validate, IssuesCarryTheOriginOfTheirService) {
    auto stack = valid();
    stack.services[1].spec.image = "";
    auto const issues = model::validate(stack);
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].path, "services.db.image");
    EXPECT_EQ(issues[0].file, "f.yml");
    EXPECT_EQ(issues[0].line, 5);
}

TEST(Validate, NamesAndCounts) {
    auto stack = valid();
    stack.name = "-shop";
    EXPECT_EQ(only(stack), "stack");
    stack = valid();
    stack.services[1].name = "web";
    EXPECT_EQ(only(stack), "services.web");
    stack = valid();
    stack.services.clear();
    EXPECT_EQ(only(stack), "services");
    stack = valid();
    stack.name = "null";
    EXPECT_EQ(only(stack), "stack");
    stack = valid();
    stack.labels = {"a=b", "Bad=b"};
    EXPECT_EQ(only(stack), "labels.1");
}

struct Change {
    char const* path;
    void (*apply)(model::ServiceSpec&);
};

class BadService : public ::testing::TestWithParam<Change> {};

TEST_P(BadService, IsRefusedAtItsKey) {
    auto stack = valid();
    GetParam().apply(stack.services[0].spec);
    EXPECT_EQ(only(stack), std::string("services.web.") + GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(
    Rules,
    BadService,
    ::testing::Values(
        Change{"image", [](auto& s) { s.image = "a b"; }},
        Change{"instances", [](auto& s) { s.instances = -1; }},
        Change{"instances", [](auto& s) { s.instances = 10'001; }},
        Change{"env.0", [](auto& s) { s.env = {"=x"}; }},
        Change{"env.1", [](auto& s) { s.env = {"A=1", "B"}; }},
        Change{"ports.0", [](auto& s) { s.ports = {{.node_port = 80}}; }},
        Change{
            "ports.1",
            [](auto& s) {
                s.ports = {
                    {.node_port = 80, .container_port = 1},
                    {.ip = "10.0.0.1", .node_port = 80, .container_port = 2}
                };
            }
        },
        Change{
            "ports.0",
            [](auto& s) { s.ports = {{.ip = "1.2.3", .node_port = 1, .container_port = 1}}; }
        },
        Change{"volumes.0", [](auto& s) { s.volumes = {{.path = "data"}}; }},
        Change{"volumes.1", [](auto& s) { s.volumes = {{"", "/d", ""}, {"/x", "/d", "ro"}}; }},
        Change{"volumes.0", [](auto& s) { s.volumes = {{"./x", "/d", ""}}; }},
        Change{
            "volumes_from",
            [](auto& s) {
                s.stateful = true;
                s.volumes_from = {"data"};
            }
        },
        Change{"affinity.0", [](auto& s) { s.affinity = {"label=a"}; }},
        Change{"links.0", [](auto& s) { s.links = {{"cache", "cache"}}; }},
        Change{"links.0", [](auto& s) { s.links = {{"a/b/c", "x"}}; }},
        Change{"links.0", [](auto& s) { s.links = {{"web", "web"}}; }},
        Change{"deploy_opts.min_health", [](auto& s) { s.deploy_opts.min_health = 1.1; }},
        Change{"deploy_opts.wait_for_port", [](auto& s) { s.deploy_opts.wait_for_port = 0; }},
        Change{"deploy_opts.interval", [](auto& s) { s.deploy_opts.interval = 0; }},
        Change{
            "deploy_opts.reschedule_after", [](auto& s) { s.deploy_opts.reschedule_after = -1; }
        },
        Change{"health_check.port", [](auto& s) { s.health_check.emplace(); }},
        Change{
            "health_check.interval",
            [](auto& s) { s.health_check = {.port = 80, .timeout = 20, .interval = 10}; }
        },
        Change{"health_check.uri", [](auto& s) { s.health_check = {.port = 80, .uri = "x"}; }},
        Change{"cpus", [](auto& s) { s.cpus = 0.0; }},
        Change{"cpu_shares", [](auto& s) { s.cpu_shares = 1025; }},
        Change{"memory", [](auto& s) { s.memory = 0; }},
        Change{"memory_swap", [](auto& s) { s.memory_swap = 1 << 20; }},
        Change{
            "memory_swap",
            [](auto& s) {
                s.memory = 2 << 20;
                s.memory_swap = 1 << 20;
            }
        },
        Change{"net", [](auto& s) { s.net = "none"; }},
        Change{"pid", [](auto& s) { s.pid = "web"; }},
        Change{"stop_signal", [](auto& s) { s.stop_signal = "TERM"; }},
        Change{"stop_signal", [](auto& s) { s.stop_signal = "SIGRTMIN+"; }},
        Change{"stop_grace_period", [](auto& s) { s.stop_grace_period = -1; }}
    )
);

TEST(Validate, SignalsInAllTheirForms) {
    for (auto const* signal : {"SIGQUIT", "9", "SIGRTMIN+2", "sigterm", "SIGRTMAX-1", "SIGUSR1"}) {
        auto stack = valid();
        stack.services[0].spec.stop_signal = signal;
        EXPECT_EQ(only(stack), "none") << signal;
    }
}

TEST(Validate, LinksToOtherStacksAreNotLookedUpHere) {
    auto stack = valid();
    stack.services[0].spec.links = {{"infra/lb", "lb"}, {"shop/db", "db"}};
    EXPECT_EQ(only(stack), "none");
    stack.services[0].spec.links = {{"shop/nothing", "db"}};
    EXPECT_EQ(only(stack), "services.web.links.0");
}

TEST(Validate, ACircleOfLinksIsToldOnce) {
    auto stack = valid();
    stack.services.push_back({.name = "api", .spec = {.image = "api:1", .links = {{"web", "w"}}}});
    stack.services[0].spec.links = {{"db", "db"}};
    stack.services[1].spec.links = {{"web", "web"}};
    auto const issues = model::validate(stack);
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_NE(issues[0].reason.find("web → db → web"), std::string::npos) << issues[0].reason;
}

struct Use {
    char const* path;
    void (*apply)(model::ServiceSpec&);
};

class Beyond : public ::testing::TestWithParam<Use> {};

TEST_P(Beyond, IsValidAndNamedWithItsPlace) {
    auto stack = valid();
    EXPECT_TRUE(model::beyond_this_version(stack).empty());
    GetParam().apply(stack.services[0].spec);
    EXPECT_EQ(only(stack), "none");
    auto const issues = model::beyond_this_version(stack);
    ASSERT_EQ(issues.size(), 1U);
    EXPECT_EQ(issues[0].path, std::string("services.web.") + GetParam().path);
    EXPECT_EQ(issues[0].file, "f.yml");
    EXPECT_EQ(issues[0].line, 3);
}

INSTANTIATE_TEST_SUITE_P(
    Uses,
    Beyond,
    ::testing::Values(
        Use{"hooks.pre_start", [](auto& s) { s.hooks.pre_start = {{"a", "b", {}, false}}; }},
        Use{"hooks.post_start", [](auto& s) { s.hooks.post_start = {{"a", "b", {}, false}}; }},
        Use{"hooks.pre_stop", [](auto& s) { s.hooks.pre_stop = {{"a", "b", {}, false}}; }},
        Use{"secrets", [](auto& s) { s.secrets = {{"S", "N", "env"}}; }},
        Use{"certificates", [](auto& s) { s.certificates = {{"S", "N", "env"}}; }},
        Use{"volumes_from", [](auto& s) { s.volumes_from = {"data-%s"}; }},
        Use{"affinity.1", [](auto& s) { s.affinity = {"node==a", "zone==b"}; }}
    )
);

TEST(Affinity, RulesHaveKeyOperatorSoftnessAndValue) {
    auto const rule = model::parse_affinity("label!=~zone=a");
    ASSERT_TRUE(rule);
    EXPECT_EQ(rule->key, model::AffinityKey::label);
    EXPECT_TRUE(rule->negated);
    EXPECT_TRUE(rule->soft);
    EXPECT_EQ(rule->value, "zone=a");
    auto const regex = model::parse_affinity("node==/^n[12]$/");
    ASSERT_TRUE(regex);
    EXPECT_TRUE(regex->regex);
    EXPECT_EQ(regex->value, "^n[12]$");
}

TEST(Affinity, BadRulesAreRefused) {
    for (auto const* rule :
         {"", "node", "node=a", "node==", "node==~", "node==/[/", "==a", "label=a!b"})
        EXPECT_FALSE(model::parse_affinity(rule)) << rule;
}

TEST(Affinity, CountedRepetitionsAreBounded) {
    EXPECT_TRUE(model::parse_affinity("node==/^n-[0-9]{2,4}x{10}$/"));
    EXPECT_TRUE(model::parse_affinity("node==/a{1000}/"));
    for (auto const* rule :
         {"node==/a{1001}/", "node==/((a{1,50}){1,50}){1,50}/", "node==/(a{99999999999}){1,}/"})
        EXPECT_FALSE(model::parse_affinity(rule)) << rule;
}

TEST(Affinity, TheInstanceNumberTakesItsPlace) {
    auto const rule = model::parse_affinity("container==redis-%i");
    ASSERT_TRUE(rule);
    EXPECT_TRUE(model::mentions_instance(*rule));
    EXPECT_EQ(model::with_instance(rule->value, 3), "redis-3");
    auto const percent = model::parse_affinity("label==load=50%%");
    ASSERT_TRUE(percent);
    EXPECT_FALSE(model::mentions_instance(*percent));
    EXPECT_EQ(model::with_instance(percent->value, 3), "load=50%");
}

} // namespace
