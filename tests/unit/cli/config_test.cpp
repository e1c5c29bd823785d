#include "cli/config/config.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <unistd.h>

namespace {

using namespace kontena;
using namespace kontena::cli;

EnvLookup env(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
        auto const found = variables.find(std::string(name));
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

constexpr auto kFile = R"({
  "current_server": "prod",
  "current_account": "kontena",
  "servers": [
    {"name": "prod", "url": "https://m.example.com", "grid": "main", "token": "t1", "token_expires_at": 0},
    {"name": "test", "url": "http://localhost:9292/", "token": "t2"}
  ],
  "accounts": [{"name": "kontena", "whatever": [1]}]
})";

TEST(Config, ReadsAndWritesTheFileOfTheOriginal) {
    auto const config = parse_config(kFile);
    ASSERT_TRUE(config);
    EXPECT_EQ(config->current_server, "prod");
    EXPECT_EQ(config->find("prod")->grid, "main");
    auto const again = parse_config(print_config(*config));
    ASSERT_TRUE(again);
    EXPECT_EQ(print_config(*again), print_config(*config));
    EXPECT_NE(print_config(*config).find("whatever"), std::string::npos);
    EXPECT_EQ(print_config(*config).find("\"account\""), std::string::npos);
}

TEST(Config, ReadsTheOldestForm) {
    auto const config = parse_config(R"({"server":{"url":"http://x","grid":"g","token":"t"}})");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->find("default")->url, "http://x");
}

TEST(Config, RepeatedNamesGetANumber) {
    auto const config = parse_config(
        R"({"servers":[{"name":"a","url":"1"},{"name":"a","url":"2"},{"name":"a","url":"3"}]})"
    );
    ASSERT_TRUE(config);
    EXPECT_EQ(config->servers[1].name, "a-2");
    EXPECT_EQ(config->servers[2].name, "a-3");
}

TEST(Config, AMissingSelectionIsWrittenAsNull) {
    EXPECT_NE(print_config({}).find("\"current_server\": null"), std::string::npos);
}

TEST(Config, BrokenFilesAreErrors) {
    EXPECT_FALSE(parse_config("{"));
    EXPECT_FALSE(parse_config(R"({"servers":{}})"));
}

TEST(Session, TheFileSelectsMasterAndGrid) {
    auto const session = select_server(*parse_config(kFile), env({}));
    ASSERT_TRUE(session);
    EXPECT_EQ(session->server.name, "prod");
    EXPECT_EQ(session->server.grid, "main");
    EXPECT_FALSE(session->from_env);
}

TEST(Session, EnvironmentVariablesWin) {
    auto const config = *parse_config(kFile);
    auto const named =
        select_server(config, env({{"KONTENA_MASTER", "test"}, {"KONTENA_GRID", "g"}}));
    ASSERT_TRUE(named);
    EXPECT_EQ(named->server.token, "t2");
    EXPECT_EQ(named->server.grid, "g");
    auto const known = select_server(config, env({{"KONTENA_URL", "http://localhost:9292"}}));
    ASSERT_TRUE(known);
    EXPECT_EQ(known->server.name, "test");
    EXPECT_TRUE(known->from_env);
    auto const fresh =
        select_server(config, env({{"KONTENA_URL", "http://new"}, {"KONTENA_TOKEN", "t3"}}));
    ASSERT_TRUE(fresh);
    EXPECT_EQ(fresh->server.url, "http://new");
    EXPECT_EQ(fresh->server.token, "t3");
    EXPECT_EQ(fresh->server.grid, "");
}

TEST(Session, WithoutAMasterItSaysHowToLogIn) {
    auto const none = select_server({}, env({}));
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().message.find("kontena master login"), std::string::npos);
    EXPECT_FALSE(select_server(*parse_config(kFile), env({{"KONTENA_MASTER", "nope"}})));
}

TEST(Trust, ComesFromLoginFileOrEnvironment) {
    auto const none = [](std::string const&) { return false; };
    auto const all = [](std::string const&) { return true; };
    EXPECT_TRUE(trust_for({}, "m", env({}), none).verify);
    EXPECT_FALSE(trust_for({}, "m", env({{"SSL_IGNORE_ERRORS", "true"}}), none).verify);
    EXPECT_EQ(trust_for({}, "m", env({{"SSL_CERT_FILE", "/ca"}}), none).ca_file, "/ca");
    EXPECT_EQ(
        trust_for({}, "m", env({{"HOME", "/h"}, {"SSL_CERT_FILE", "/ca"}}), all).ca_file,
        "/h/.kontena/certs/m.pem"
    );
    EXPECT_EQ(trust_for({.ca_file = "/own"}, "m", env({{"HOME", "/h"}}), all).ca_file, "/own");
}

TEST(ConfigFile, IsPrivateAndFoundThroughTheEnvironment) {
    EXPECT_EQ(config_path(env({{"HOME", "/h"}})), "/h/.kontena_client.json");
    EXPECT_EQ(config_path(env({{"HOME", "/h"}, {"KONTENA_CONFIG", "/x.json"}})), "/x.json");
    auto const folder = std::filesystem::temp_directory_path() /
                        ("kontena-config-test-" + std::to_string(getpid()));
    auto const path = folder / "client.json";
    EXPECT_TRUE(load_config(path));
    ASSERT_TRUE(save_config(path, *parse_config(kFile)));
    auto const mode = std::filesystem::status(path).permissions();
    EXPECT_EQ(mode, std::filesystem::perms(0600));
    EXPECT_EQ(load_config(path)->current_server, "prod");
    std::filesystem::remove_all(folder);
}

} // namespace
