#include "stackfile/grammar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace kontena;
using namespace kontena::stackfile;
using ::testing::ElementsAre;

TEST(Grammar, PortsAreIpHostContainerProtocol) {
    auto const full = parse_port("1.2.3.4:8443:443/udp");
    ASSERT_TRUE(full);
    EXPECT_EQ(*full, (model::PortMapping{"1.2.3.4", model::Protocol::udp, 8443, 443}));
    auto const brief = parse_port("80:8080");
    ASSERT_TRUE(brief);
    EXPECT_EQ(*brief, (model::PortMapping{"0.0.0.0", model::Protocol::tcp, 80, 8080}));
}

TEST(Grammar, PortsRefuseWhatDockerWouldMisread) {
    for (auto const* text :
         {"80",
          "",
          "[::1]:80:80",
          "8000-8010:8000",
          "80:80tcp",
          ":80:80",
          "999.1.1.1:1:2",
          "0:0",
          "65536:1",
          "1:2:3:4",
          "80:80/icmp",
          "a:b",
          "1.2.3:4:5"})
        EXPECT_FALSE(parse_port(text)) << text;
}

TEST(Grammar, VolumesAreAnonymousBindOrNamed) {
    EXPECT_EQ(*parse_volume("/data"), (model::VolumeMount{"", "/data", ""}));
    EXPECT_EQ(*parse_volume("/data:"), (model::VolumeMount{"", "/data", ""}));
    EXPECT_EQ(*parse_volume("/a:/b:ro"), (model::VolumeMount{"/a", "/b", "ro"}));
    EXPECT_EQ(*parse_volume("db:/b:rw:z"), (model::VolumeMount{"db", "/b", "rw,z"}));
    for (auto const* text : {"", "data", "./dir:/x", "a/b:/x", "db:relative", ":/x"})
        EXPECT_FALSE(parse_volume(text)) << text;
}

TEST(Grammar, LinksHaveAnAlias) {
    EXPECT_EQ(*parse_link("db"), (model::Link{"db", "db"}));
    EXPECT_EQ(*parse_link("db:database"), (model::Link{"db", "database"}));
    EXPECT_EQ(*parse_link("infra/lb"), (model::Link{"infra/lb", "infra/lb"}));
    EXPECT_FALSE(parse_link(""));
    EXPECT_FALSE(parse_link(":alias"));
}

TEST(Grammar, SizesAreBinaryMultiples) {
    EXPECT_EQ(*parse_size("512"), 512U);
    EXPECT_EQ(*parse_size("64k"), 65536U);
    EXPECT_EQ(*parse_size("1M"), 1048576U);
    EXPECT_EQ(*parse_size("2g"), 2147483648U);
    for (auto const* text : {"", "k", "1.5g", "-1", "64mb", "64b", "99999999999g"})
        EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Grammar, IntervalsAreMinutesHoursDaysOrSeconds) {
    EXPECT_EQ(*parse_interval("30"), 30);
    EXPECT_EQ(*parse_interval("5min"), 300);
    EXPECT_EQ(*parse_interval("2h"), 7200);
    EXPECT_EQ(*parse_interval("7d"), 604800);
    for (auto const* text : {"", "5m", "h", "-1", "1.5h"})
        EXPECT_FALSE(parse_interval(text)) << text;
}

TEST(Grammar, SecondsTakeADurationOrDigits) {
    EXPECT_EQ(*parse_seconds("10s"), 10);
    EXPECT_EQ(*parse_seconds("2m"), 120);
    EXPECT_EQ(*parse_seconds("1h1m12.3s"), 3672);
    EXPECT_EQ(*parse_seconds("15"), 15);
    EXPECT_FALSE(parse_seconds("soon"));
}

TEST(Grammar, CommandsSplitAsAShellDoes) {
    EXPECT_THAT(*split_command("sh -c 'a b' e\\ f"), ElementsAre("sh", "-c", "a b", "e f"));
    EXPECT_THAT(*split_command("a \"b \\\"c\\\" $d \\n\""), ElementsAre("a", "b \"c\" $d \\n"));
    EXPECT_THAT(*split_command("  "), ElementsAre());
    EXPECT_THAT(*split_command("a '' b"), ElementsAre("a", "", "b"));
    EXPECT_THAT(*split_command("pre'quo ted'post"), ElementsAre("prequo tedpost"));
    EXPECT_FALSE(split_command("a 'b"));
    EXPECT_FALSE(split_command("a \"b"));
    EXPECT_FALSE(split_command("a \\"));
}

TEST(Grammar, ImagesGetLatestUnlessTheyHaveATag) {
    EXPECT_EQ(with_tag("redis"), "redis:latest");
    EXPECT_EQ(with_tag("redis:6"), "redis:6");
    EXPECT_EQ(with_tag("reg:5000/app"), "reg:5000/app:latest");
    EXPECT_EQ(with_tag("reg:5000/app:1"), "reg:5000/app:1");
    EXPECT_EQ(with_tag("app@sha256:abc"), "app@sha256:abc");
    EXPECT_EQ(with_tag("  "), "");
}

TEST(Grammar, StackReferencesHaveUserAndVersion) {
    auto const full = parse_stack_reference("acme/web:1.2.0");
    EXPECT_EQ(full.user, "acme");
    EXPECT_EQ(full.stack, "web");
    EXPECT_EQ(full.version, "1.2.0");
    auto const brief = parse_stack_reference("web");
    EXPECT_EQ(brief.user, "");
    EXPECT_EQ(brief.stack, "web");
}

} // namespace
