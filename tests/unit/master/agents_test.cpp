#include "core/crypto/digest.hpp"
#include "master/agents/join.hpp"
#include "master/agents/observe.hpp"
#include "tests/support/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontena::master {
namespace {

using core::Errc;
using testing::HasSubstr;

/// A grid `g` with the token `grid-token` and node `g/n1`, made with the token `node-token`.
struct Agents : testing::Test {
    core::TimePoint const now{core::Seconds(1'800'000'000)};
    State state;

    Agents() {
        add_grid("g", "grid-token");
        add_grid("h", "other-token");
        put(model::Node{
            .id = core::NodeId("g/n1"),
            .number = 1,
            .token_hash = crypto::sha256_hex("node-token"),
            .labels = {"az=a"},
        });
    }

    void add_grid(std::string const& name, std::string const& token) {
        put(model::Grid{
            .id = core::GridId(name), .name = name, .token_hash = crypto::sha256_hex(token)
        });
    }

    template <class T>
    void put(T value) {
        state.put<T>(std::make_shared<T const>(std::move(value)));
    }

    /// What an agent with these tokens becomes; keeps what it wrote.
    core::Result<core::NodeId>
    enter(std::string const& node_token, std::string const& grid_token, wire::Hello const& hello) {
        KTRY(auto const who, identify(state, node_token, grid_token));
        Txn txn(state, {});
        KTRY(auto id, join(txn, who, hello, now));
        state = txn.state();
        return id;
    }

    static wire::Hello hello(std::string engine, std::string name = "host") {
        return {.engine_id = std::move(engine), .name = std::move(name), .agent_version = "2.0"};
    }

    model::Node node(std::string const& id) const {
        auto const found = state.find<model::Node>(core::NodeId(id));
        return found ? *found : model::Node{};
    }

    Errc refusal(core::Result<core::NodeId> const& result) {
        EXPECT_FALSE(result);
        return result ? Errc::internal : result.error().code;
    }
};

TEST_F(Agents, without_a_good_token_nobody_enters) {
    EXPECT_EQ(refusal(enter("", "", hello("e"))), Errc::unauthenticated);
    EXPECT_EQ(refusal(enter("wrong", "", hello("e"))), Errc::unauthenticated);
    EXPECT_EQ(refusal(enter("", "wrong", hello("e"))), Errc::unauthenticated);
    EXPECT_EQ(refusal(enter("wrong", "grid-token", hello("e"))), Errc::unauthenticated);
    EXPECT_EQ(refusal(enter("grid-token", "", hello("e"))), Errc::unauthenticated);
}

TEST_F(Agents, a_node_token_binds_the_node_to_the_first_engine) {
    auto first = hello("engine-1");
    first.labels = {"az=a", "ssd"};
    EXPECT_EQ(enter("node-token", "", first), core::NodeId("g/n1"));
    auto const joined = node("g/n1");
    EXPECT_EQ(joined.engine_id, "engine-1");
    EXPECT_TRUE(joined.connected);
    EXPECT_EQ(joined.connected_at, now);
    EXPECT_EQ(joined.labels, (std::vector<std::string>{"az=a", "ssd"}));
    EXPECT_EQ(joined.info.agent_version, "2.0");
    EXPECT_EQ(refusal(enter("node-token", "", hello("engine-2"))), Errc::denied);
    first.labels = {"later"};
    EXPECT_TRUE(enter("node-token", "", first));
    EXPECT_EQ(node("g/n1").labels.size(), 2U); // the operator's from now on
}

TEST_F(Agents, one_engine_is_one_node) {
    EXPECT_TRUE(enter("", "grid-token", hello("engine-1", "auto")));
    EXPECT_EQ(refusal(enter("node-token", "", hello("engine-1"))), Errc::denied);
    EXPECT_EQ(refusal(enter("", "other-token", hello("engine-1"))), Errc::denied);
    EXPECT_TRUE(enter("node-token", "", hello("engine-2")));
    EXPECT_EQ(refusal(enter("", "grid-token", hello("engine-2"))), Errc::denied);
    EXPECT_EQ(state.all<model::Node>().size(), 2U);
}

TEST_F(Agents, a_grid_token_makes_a_node_once) {
    auto first = hello("engine-1", "web");
    first.labels = {"az=b"};
    EXPECT_EQ(enter("", "grid-token", first), core::NodeId("g/web"));
    EXPECT_EQ(node("g/web").number, 2);
    EXPECT_EQ(node("g/web").labels, (std::vector<std::string>{"az=b"}));
    EXPECT_EQ(node("g/web").created_at, now);
    EXPECT_EQ(enter("", "grid-token", hello("engine-1", "renamed")), core::NodeId("g/web"));
}

TEST_F(Agents, a_taken_or_impossible_name_gets_the_number) {
    EXPECT_EQ(enter("", "grid-token", hello("e1", "n1")), core::NodeId("g/n1-2"));
    EXPECT_EQ(enter("", "grid-token", hello("e2", "no name!")), core::NodeId("g/node-3"));
    EXPECT_EQ(enter("", "other-token", hello("e3", "n1")), core::NodeId("h/n1"));
}

TEST_F(Agents, numbers_of_removed_nodes_are_given_again) {
    EXPECT_TRUE(enter("", "grid-token", hello("e2", "a")));
    EXPECT_TRUE(enter("", "grid-token", hello("e3", "b")));
    state.erase<model::Node>(core::NodeId("g/a"));
    EXPECT_EQ(enter("", "grid-token", hello("e4", "c")), core::NodeId("g/c"));
    EXPECT_EQ(node("g/c").number, 2);
    for (int i = 4; i <= 254; ++i)
        EXPECT_TRUE(enter("", "grid-token", hello(fmt::format("x{}", i), fmt::format("x{}", i))));
    EXPECT_EQ(refusal(enter("", "grid-token", hello("one more", "more"))), Errc::conflict);
}

TEST_F(Agents, an_agent_must_name_its_engine_and_speak_the_protocol) {
    EXPECT_EQ(refusal(enter("node-token", "", hello(""))), Errc::invalid);
    auto old = hello("e");
    old.protocol = wire::kOldestProtocol - 1;
    old.oldest_protocol = old.protocol;
    EXPECT_EQ(refusal(enter("node-token", "", old)), Errc::unsupported);
    auto young = hello("e");
    young.protocol = young.oldest_protocol = wire::kProtocol + 1;
    EXPECT_EQ(refusal(enter("node-token", "", young)), Errc::unsupported);
    EXPECT_FALSE(node("g/n1").connected);
}

TEST_F(Agents, leaving_says_since_when) {
    EXPECT_TRUE(enter("node-token", "", hello("e")));
    Txn txn(state, {});
    leave(txn, core::NodeId("g/n1"), now, Leaving::lost);
    leave(txn, core::NodeId("g/n1"), now + core::Seconds(9), Leaving::lost);
    leave(txn, core::NodeId("g/none"), now, Leaving::lost);
    EXPECT_EQ(txn.changes().size(), 1U);
    EXPECT_FALSE(txn.state().find<model::Node>(core::NodeId("g/n1"))->connected);
    EXPECT_EQ(txn.state().find<model::Node>(core::NodeId("g/n1"))->disconnected_at, now);
}

struct Reports : testing::Test {
    State state;
    core::NodeId const n1{"g/n1"};
    core::NodeId const n2{"g/n2"};

    void assign(std::string const& id, core::NodeId const& node) {
        state.put<model::Assignment>(std::make_shared<model::Assignment const>(
            model::Assignment{.id = core::InstanceId(id), .number = 1, .node = node}
        ));
    }

    static model::Observation seen(std::string const& id, std::string container = "c") {
        return {
            .id = core::InstanceId(id),
            .state = model::InstanceState::running,
            .container_id = std::move(container)
        };
    }

    std::size_t report(core::NodeId const& from, wire::Observations const& what) {
        Txn txn(state, {});
        record(txn, from, what);
        state = txn.state();
        return txn.changes().size();
    }

    std::shared_ptr<model::Observation const> known(std::string const& id) const {
        return state.find<model::Observation>(core::InstanceId(id));
    }
};

TEST_F(Reports, a_node_speaks_only_for_itself) {
    assign("g/s/a/1", n1);
    assign("g/s/b/1", n2);
    auto forged = seen("g/s/b/1");
    forged.node = n2;
    EXPECT_EQ(report(n1, {.items = {seen("g/s/a/1"), forged, seen("h/s/a/1")}}), 1U);
    EXPECT_TRUE(known("g/s/a/1"));
    EXPECT_EQ(known("g/s/a/1")->node, n1);
    EXPECT_FALSE(known("g/s/b/1"));
    EXPECT_FALSE(known("h/s/a/1"));
    EXPECT_EQ(report(n2, {.removed = {core::InstanceId("g/s/a/1")}}), 0U);
    EXPECT_TRUE(known("g/s/a/1"));
}

TEST_F(Reports, what_did_not_change_is_not_written) {
    assign("g/s/a/1", n1);
    EXPECT_EQ(report(n1, {.items = {seen("g/s/a/1")}}), 1U);
    EXPECT_EQ(report(n1, {.items = {seen("g/s/a/1")}}), 0U);
    EXPECT_EQ(report(n1, {.items = {seen("g/s/a/1", "other")}}), 1U);
}

TEST_F(Reports, a_full_report_forgets_what_it_does_not_mention) {
    assign("g/s/b/1", n2);
    report(n1, {.items = {seen("g/s/a/1"), seen("g/s/a/2")}});
    report(n2, {.items = {seen("g/s/b/1")}});
    report(n1, {.full = true, .items = {seen("g/s/a/2")}});
    EXPECT_FALSE(known("g/s/a/1"));
    EXPECT_TRUE(known("g/s/a/2"));
    EXPECT_TRUE(known("g/s/b/1"));
    report(n1, {.items = {seen("g/s/a/1")}, .removed = {core::InstanceId("g/s/a/2")}});
    EXPECT_TRUE(known("g/s/a/1"));
    EXPECT_FALSE(known("g/s/a/2"));
}

TEST_F(Reports, an_agent_cannot_fill_the_store) {
    auto big = seen("g/s/a/1");
    big.error = std::string(100'000, 'x');
    for (int i = 0; i < 100; ++i) big.log_tail.push_back(fmt::format("{} {:>9999}", i, 'y'));
    report(n1, {.items = {big}});
    auto const kept = known("g/s/a/1");
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->log_tail.size(), 20U);
    EXPECT_TRUE(kept->log_tail.back().starts_with("99 "));
    EXPECT_LE(kept->log_tail.back().size(), 4096U);
    EXPECT_LE(kept->error.size(), 4096U);
}

} // namespace
} // namespace kontena::master
