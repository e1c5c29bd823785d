#include "agent/config.hpp"

#include <gtest/gtest.h>

namespace kontena::agent {
namespace {

Environment const kGood{
    {"KONTENA_URI", "https://master.example.com"}, {"KONTENA_TOKEN", "grid-secret"}
};

Environment with(std::string name, std::string value) {
    auto out = kGood;
    out[std::move(name)] = std::move(value);
    return out;
}

TEST(Config, TheEnvironmentIsEnough) {
    auto const line = load_config({}, with("KONTENA_NODE_LABELS", "az=a  region=eu"));
    ASSERT_TRUE(line) << to_string(line.error());
    auto const& config = line->config;
    EXPECT_EQ(config.url.str(), "https://master.example.com/v1/agent");
    EXPECT_EQ(config.data_dir, "/var/lib/kontena-agent");
    EXPECT_EQ(config.docker, "unix:///var/run/docker.sock");
    EXPECT_EQ(config.labels, (std::vector<std::string>{"az=a", "region=eu"}));
    EXPECT_TRUE(config.tls.verify);
    EXPECT_EQ(config.token_header().get("Kontena-Grid-Token"), "grid-secret");
}

TEST(Config, FlagsWin) {
    auto const line = load_config(
        {"--url=http://10.0.0.1:9292/", "--name", "n1", "--labels", "a,b", "--log-level", "WARN"},
        with("KONTENA_NODE_NAME", "other")
    );
    ASSERT_TRUE(line) << to_string(line.error());
    EXPECT_EQ(line->config.url.str(), "http://10.0.0.1:9292/v1/agent");
    EXPECT_EQ(line->config.name, "n1");
    EXPECT_EQ(line->config.labels, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(line->config.log.level, sys::log::Level::warn);
}

TEST(Config, TheNodeTokenWins) {
    auto const line = load_config({}, with("KONTENA_NODE_TOKEN", "node-secret"));
    auto const headers = line->config.token_header();
    EXPECT_EQ(headers.get("Kontena-Node-Token"), "node-secret");
    EXPECT_FALSE(headers.has("Kontena-Grid-Token"));
}

TEST(Config, AllMistakesAreToldAtOnceAndNoSecret) {
    auto const line = load_config(
        {"--nmae", "--log-format", "xml", "--docker", "docker.sock"},
        {{"KONTENA_NODE_NAME", "no spaces"}, {"SECRET", "s3cret"}}
    );
    ASSERT_FALSE(line);
    std::vector<std::string> paths;
    for (auto const& issue : line.error().issues) paths.push_back(issue.path);
    EXPECT_EQ(
        paths,
        (std::vector<std::string>{"--nmae", "--url", "--docker", "--name", "token", "--log-format"})
    );
    EXPECT_EQ(line.error().issues[0].reason, "unknown option; did you mean '--name'?");
    EXPECT_EQ(usage().find("secret"), std::string::npos);
}

TEST(Config, HelpAndVersionNeedNothing) {
    EXPECT_EQ(load_config({"--help"}, {})->mode, Mode::help);
    EXPECT_EQ(load_config({"--version"}, {})->mode, Mode::version);
    EXPECT_EQ(load_config({"--check-config"}, kGood)->mode, Mode::check_config);
    EXPECT_FALSE(load_config({"--check-config"}, {}));
}

} // namespace
} // namespace kontena::agent
