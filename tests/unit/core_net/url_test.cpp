#include "core/net/url.hpp"

#include <gtest/gtest.h>

namespace kontena::net {
namespace {

TEST(Url, HasPartsAndDefaultPorts) {
    auto const url = parse_url("https://bob:p%40ss@git.example.com/repo.git?ref=main#x");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, "https");
    EXPECT_EQ(url->user, "bob");
    EXPECT_EQ(url->password, "p@ss");
    EXPECT_EQ(url->host, "git.example.com");
    EXPECT_EQ(url->port, 443);
    EXPECT_EQ(url->target(), "/repo.git?ref=main");
    EXPECT_EQ(url->authority(), "git.example.com");
    EXPECT_TRUE(url->secure());
    EXPECT_EQ(url->str(), "https://git.example.com/repo.git?ref=main") << "without the password";
}

TEST(Url, KeepsAnExplicitPortAndAnIpv6Host) {
    auto const url = parse_url("ws://[fd00::1]:8080");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "fd00::1");
    EXPECT_EQ(url->authority(), "[fd00::1]:8080");
    EXPECT_EQ(url->target(), "/");
}

TEST(Url, OfAUnixSocketIsAPath) {
    auto const url = parse_url("unix:///var/run/docker.sock");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->path, "/var/run/docker.sock");
}

TEST(Url, RefusesWhatIsNone) {
    for (auto const* text :
         {"",
          "localhost",
          "ftp://host/",
          "http://",
          "http:///x",
          "http://h:99999/",
          "unix://",
          "http://h:0/"}) {
        EXPECT_FALSE(parse_url(text)) << text;
    }
}

TEST(PercentCoding, RoundTrips) {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    EXPECT_EQ(percent_decode(percent_encode(all)).value(), all);
    EXPECT_EQ(percent_encode("a b/c"), "a%20b%2Fc");
    EXPECT_FALSE(percent_decode("%4"));
    EXPECT_FALSE(percent_decode("%zz"));
    EXPECT_EQ(percent_decode("%41").value(), "A");
}

TEST(Target, IsTakenApart) {
    auto const target = parse_target("/v1/grids/a%2Fb/?follow=1&name=x+y&name=z&flag");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "grids", "a/b"}));
    EXPECT_EQ(target->query.get("name"), "x y");
    EXPECT_EQ(target->query.all("name"), (std::vector<std::string>{"x y", "z"}));
    EXPECT_TRUE(target->query.flag("follow"));
    EXPECT_TRUE(target->query.flag("flag"));
    EXPECT_FALSE(target->query.flag("other"));
    EXPECT_EQ(target->query.get("flag"), "");
    EXPECT_FALSE(parse_target("http://x/"));
    EXPECT_FALSE(parse_target(""));
    EXPECT_FALSE(parse_target("/%"));
    EXPECT_TRUE(parse_target("/")->segments.empty());
}

} // namespace
} // namespace kontena::net
