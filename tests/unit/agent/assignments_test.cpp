#include "agent/assignments/set.hpp"

#include <gtest/gtest.h>

namespace kontena::agent {
namespace {

using core::Errc;

core::NodeId const kNode("g/n1");

wire::PodSpec pod(int number, std::int64_t revision = 1) {
    wire::PodSpec out{
        .service = core::ServiceId("g/shop/web"),
        .grid = "g",
        .stack = "shop",
        .name = "web",
        .number = number,
        .revision = revision,
    };
    out.id = core::instance_id(out.service, number);
    out.spec = std::make_shared<model::ServiceSpec const>();
    return out;
}

wire::Assignments full(std::uint64_t index, std::vector<wire::PodSpec> pods) {
    return {.index = index, .full = true, .node = kNode, .pods = std::move(pods)};
}

core::InstanceId id(int number) { return pod(number).id; }

TEST(Assignments, AFullSetReplacesAndADeltaChanges) {
    auto const first = apply(nullptr, full(5, {pod(1), pod(2)}), kNode);
    ASSERT_TRUE(first);
    wire::Assignments delta{.index = 6, .base = 5, .node = kNode, .pods = {pod(3)}};
    delta.removed = {id(1)};
    auto const second = apply(*first, delta, kNode);
    ASSERT_TRUE(second);
    EXPECT_EQ((*second)->index, 6U);
    EXPECT_EQ((*second)->pods.size(), 2U);
    EXPECT_TRUE((*second)->pods.contains(id(3)));
    EXPECT_EQ((*second)->removed, std::vector{id(1)});
    EXPECT_EQ((*first)->pods.size(), 2U) << "a set never changes";
    auto const third = apply(*second, full(9, {pod(2)}), kNode);
    ASSERT_TRUE(third);
    EXPECT_EQ((*third)->pods.size(), 1U);
    EXPECT_EQ((*third)->removed, std::vector{id(1)}) << "what was withdrawn stays withdrawn";
}

TEST(Assignments, ADeltaNeedsItsBase) {
    wire::Assignments const delta{.index = 6, .base = 5, .node = kNode};
    EXPECT_EQ(apply(nullptr, delta, kNode).error().code, Errc::conflict);
    auto const other = apply(nullptr, full(4, {}), kNode);
    EXPECT_EQ(apply(*other, delta, kNode).error().code, Errc::conflict);
}

TEST(Assignments, OfAnotherNodeAreRefused) {
    auto message = full(1, {pod(1)});
    message.node = core::NodeId("g/n2");
    EXPECT_EQ(apply(nullptr, message, kNode).error().code, Errc::denied);
}

TEST(Assignments, APodThatCannotBeRunIsRefused) {
    auto bare = pod(1);
    bare.spec = nullptr;
    EXPECT_EQ(apply(nullptr, full(1, {bare}), kNode).error().code, Errc::invalid);
    auto foreign = pod(1);
    foreign.service = core::ServiceId("h/shop/web");
    EXPECT_EQ(apply(nullptr, full(1, {foreign}), kNode).error().code, Errc::invalid);
}

TEST(Assignments, AnInstanceThatComesAgainIsNoLongerWithdrawn) {
    auto const first = apply(nullptr, full(1, {pod(1)}), kNode);
    wire::Assignments gone{.index = 2, .base = 1, .node = kNode, .removed = {id(1)}};
    auto const second = apply(*first, gone, kNode);
    wire::Assignments back{.index = 3, .base = 2, .node = kNode, .pods = {pod(1)}};
    auto const third = apply(*second, back, kNode);
    ASSERT_TRUE(third);
    EXPECT_TRUE((*third)->removed.empty());
}

TEST(AssignmentDocument, ComesBackAsItWas) {
    auto message = full(7, {pod(1, 3), pod(2)});
    message.removed = {id(9)};
    auto const set = *apply(nullptr, message, kNode);
    auto const back = read_document(write_document(*set));
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ((*back)->node, kNode);
    EXPECT_EQ((*back)->index, 7U);
    EXPECT_EQ((*back)->removed, std::vector{id(9)});
    EXPECT_EQ((*back)->pods.at(id(1))->revision, 3);
    EXPECT_EQ(write_document(**back), write_document(*set));
}

TEST(AssignmentDocument, AnyDamageIsSeen) {
    auto const text = write_document(**apply(nullptr, full(7, {pod(1)}), kNode));
    for (std::size_t size = 0; size < text.size(); size += 7)
        EXPECT_FALSE(read_document(text.substr(0, size))) << "cut at " << size;
    for (std::size_t at = 0; at < text.size(); at += 5) {
        auto damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        auto const read = read_document(damaged);
        ASSERT_FALSE(read) << "bit changed at " << at;
        EXPECT_EQ(read.error().code, Errc::corrupt);
    }
}

} // namespace
} // namespace kontena::agent
