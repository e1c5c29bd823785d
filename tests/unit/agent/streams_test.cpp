#include "agent/docker/engine_client.hpp"
#include "agent/docker/streams.hpp"
#include "core/json/codec.hpp"

#include <gtest/gtest.h>

namespace kontena::agent::docker {
namespace {

std::string frame(int channel, std::string const& text) {
    std::string out{static_cast<char>(channel), 0, 0, 0, 0, 0};
    out += static_cast<char>(text.size() >> 8U & 255U);
    out += static_cast<char>(text.size() & 255U);
    return out + text;
}

/// By channel, however it was cut.
std::pair<std::string, std::string> joined(std::vector<Output> const& pieces) {
    std::pair<std::string, std::string> out;
    for (auto const& piece : pieces)
        (piece.channel == Channel::out ? out.first : out.second) += piece.bytes;
    return out;
}

TEST(Demultiplexer, GivesTheSameWhereverTheBytesAreCut) {
    auto const stream = frame(1, "hello ") + frame(2, "oh") + frame(1, "") + frame(1, "world");
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        Demultiplexer frames;
        std::vector<Output> pieces;
        ASSERT_TRUE(frames.feed(std::string_view(stream).substr(0, cut), pieces));
        ASSERT_TRUE(frames.feed(std::string_view(stream).substr(cut), pieces));
        EXPECT_EQ(joined(pieces), std::pair(std::string("hello world"), std::string("oh"))) << cut;
        EXPECT_TRUE(frames.complete());
    }
}

TEST(Demultiplexer, RefusesWhatIsNotFramed) {
    Demultiplexer frames;
    std::vector<Output> pieces;
    auto const fed = frames.feed("plain text of a terminal", pieces);
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().code, core::Errc::corrupt);
}

TEST(Demultiplexer, KnowsWhenAFrameWasCutOff) {
    Demultiplexer frames;
    std::vector<Output> pieces;
    auto const stream = frame(1, "hello");
    ASSERT_TRUE(frames.feed(std::string_view(stream).substr(0, 10), pieces));
    EXPECT_FALSE(frames.complete());
}

TEST(Lines, JoinsPiecesAndSkipsEmptyLines) {
    Lines lines(100);
    std::vector<std::string> out;
    ASSERT_TRUE(lines.feed("{\"a\":", out));
    ASSERT_TRUE(lines.feed("1}\r\n\r\n{\"b\"", out));
    ASSERT_TRUE(lines.feed(":2}\nrest", out));
    EXPECT_EQ(out, (std::vector<std::string>{"{\"a\":1}", "{\"b\":2}"}));
    EXPECT_EQ(lines.rest(), "rest");
    EXPECT_EQ(lines.rest(), std::nullopt);
}

TEST(Lines, AreBounded) {
    Lines lines(10);
    std::vector<std::string> out;
    ASSERT_TRUE(lines.feed("12345678", out));
    EXPECT_FALSE(lines.feed("9abc", out));
}

TEST(LogLines, KeepsTheLastOnesAsText) {
    EXPECT_EQ(log_lines("a\nb\r\nc\n", 2, 100), (std::vector<std::string>{"b", "c"}));
    EXPECT_EQ(log_lines("no end", 20, 100), (std::vector<std::string>{"no end"}));
    EXPECT_EQ(log_lines("", 20, 100), std::vector<std::string>{});
    EXPECT_EQ(log_lines("\xff\xfe bytes", 20, 100), (std::vector<std::string>{"?? bytes"}));
    EXPECT_EQ(log_lines(std::string(500, 'x'), 20, 10), (std::vector<std::string>{"xxxxxxxxxx"}));
}

TEST(ErrorMessage, IsTheEnginesOwn) {
    EXPECT_EQ(error_message(R"({"message":"No such image: x"})"), "No such image: x");
    EXPECT_EQ(error_message("page not found\n"), "page not found");
}

TEST(ImageReference, GetsATagOnlyWhenItHasNone) {
    EXPECT_EQ(with_tag("nginx"), "nginx:latest");
    EXPECT_EQ(with_tag("nginx:1"), "nginx:1");
    EXPECT_EQ(with_tag("10.0.0.1:5000/nginx"), "10.0.0.1:5000/nginx:latest");
    EXPECT_EQ(with_tag("10.0.0.1:5000/nginx:1"), "10.0.0.1:5000/nginx:1");
    EXPECT_EQ(with_tag("nginx@sha256:00"), "nginx@sha256:00");
}

TEST(ApiVersion, IsTheNearestThatTheEngineHas) {
    EXPECT_EQ(choose_api_version("1.12", "1.41"), "1.41");
    EXPECT_EQ(choose_api_version("1.24", "1.47"), "1.41");
    EXPECT_EQ(choose_api_version("1.12", "1.39"), "1.39");
    EXPECT_EQ(choose_api_version("1.44", "1.52"), "1.44");
    EXPECT_EQ(choose_api_version("", ""), "1.41");
}

TEST(Event, IsReadWithItsLabels) {
    auto const event = json::decode_text<Event>(
        R"({"status":"die","id":"c1","Type":"container","Action":"die","Actor":{"ID":"c1",
            "Attributes":{"name":"shop.web-1","exitCode":"3"}},"scope":"local",
            "time":1700000000,"timeNano":1700000000123456789})"
    );
    ASSERT_TRUE(event);
    EXPECT_EQ(event->Action, "die");
    EXPECT_EQ(event->Actor.Attributes.at("name"), "shop.web-1");
    EXPECT_EQ(event->timeNano, 1'700'000'000'123'456'789);
}

} // namespace
} // namespace kontena::agent::docker
