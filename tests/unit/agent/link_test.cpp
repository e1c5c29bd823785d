#include "agent/link/outbox.hpp"
#include "agent/link/reconnect.hpp"
#include "agent/link/session.hpp"

#include <gtest/gtest.h>

namespace kontena::agent {
namespace {

using core::Millis;
using core::Seconds;
using Instant = Session::Instant;

Instant const kStart{std::chrono::hours(100)};
core::TimePoint const kWall{};

model::Observation seen(int number, model::InstanceState state = model::InstanceState::running) {
    return {
        .id = core::InstanceId("g/s/w/" + std::to_string(number)),
        .node = core::NodeId("g/n1"),
        .state = state,
    };
}

wire::Welcome welcome() { return {.node = core::NodeId("g/n1"), .node_number = 1, .epoch = 5}; }

template <class T>
bool is(std::optional<wire::Message> const& message) {
    return message && std::holds_alternative<T>(*message);
}

/// A session that has said hello.
struct Greeted {
    Outbox outbox;
    Session session{wire::Hello{.name = "n1"}, outbox, kStart};

    Greeted() { EXPECT_TRUE(is<wire::Hello>(session.next(kStart, kWall))); }

    void accept() { session.on_message(welcome(), kStart); }
};

TEST(Outbox, SaysNothingBeforeTheFullMessage) {
    Outbox outbox;
    outbox.begin_session();
    outbox.put(seen(1));
    EXPECT_FALSE(outbox.next());
    outbox.stage_full({seen(1), seen(2)});
    auto const first = outbox.next();
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->full);
    EXPECT_EQ(first->items.size(), 2U);
}

TEST(Outbox, KeepsOnlyTheLastOfAnInstanceAndWaitsForTheAcknowledgement) {
    Outbox outbox;
    outbox.begin_session();
    outbox.stage_full({});
    auto const full = outbox.next();
    outbox.put(seen(1, model::InstanceState::pulling));
    outbox.put(seen(1, model::InstanceState::starting));
    outbox.put(seen(2));
    outbox.remove(core::InstanceId("g/s/w/2"));
    EXPECT_FALSE(outbox.next()) << "one batch at a time";
    outbox.acknowledge(full->seq);
    auto const next = outbox.next();
    ASSERT_TRUE(next);
    EXPECT_FALSE(next->full);
    EXPECT_GT(next->seq, full->seq);
    ASSERT_EQ(next->items.size(), 1U);
    EXPECT_EQ(next->items[0].state, model::InstanceState::starting);
    EXPECT_EQ(next->removed, std::vector{core::InstanceId("g/s/w/2")});
    outbox.acknowledge(full->seq);
    EXPECT_TRUE(outbox.in_flight()) << "an old acknowledgement is not for this one";
}

TEST(Outbox, ANewSessionBeginsWithTheFullMessageWhateverWasOnItsWay) {
    Outbox outbox;
    outbox.begin_session();
    outbox.stage_full({});
    ASSERT_TRUE(outbox.next());
    outbox.begin_session();
    EXPECT_FALSE(outbox.in_flight());
    outbox.stage_full({seen(1)});
    EXPECT_TRUE(outbox.next()->full);
}

TEST(Outbox, SplitsManyChangesAndDropsLogLinesBeyondTheLimit) {
    Outbox outbox;
    outbox.begin_session();
    outbox.stage_full({});
    outbox.acknowledge(outbox.next()->seq);
    for (int i = 0; i < 250; ++i) {
        auto item = seen(i);
        item.log_tail.assign(20, std::string(1000, 'x'));
        outbox.put(std::move(item));
    }
    std::size_t items = 0;
    int batches = 0;
    while (auto batch = outbox.next()) {
        ++batches;
        items += batch->items.size();
        EXPECT_LT(wire::encode(*batch).size(), 2U * 1024 * 1024);
        outbox.acknowledge(batch->seq);
    }
    EXPECT_EQ(items, 250U);
    EXPECT_EQ(batches, 3);
}

TEST(Session, SaysHelloFirstAndNothingElseUntilItIsAccepted) {
    Greeted it;
    it.session.report_node({});
    it.session.report_all({seen(1)});
    EXPECT_FALSE(it.session.next(kStart + Seconds(5), kWall));
    auto const verdict = it.session.on_message(welcome(), kStart);
    ASSERT_TRUE(std::holds_alternative<Session::Accepted>(verdict));
    EXPECT_TRUE(is<wire::Observations>(it.session.next(kStart, kWall))) << "state goes first";
    EXPECT_TRUE(is<wire::NodeReport>(it.session.next(kStart, kWall)));
    EXPECT_FALSE(it.session.next(kStart, kWall));
}

TEST(Session, SendsAHeartbeatWhenItHasNothingElseToSay) {
    Greeted it;
    it.accept();
    EXPECT_FALSE(it.session.next(kStart + Millis(2999), kWall));
    EXPECT_TRUE(is<wire::Heartbeat>(it.session.next(kStart + Seconds(3), kWall)));
    EXPECT_FALSE(it.session.next(kStart + Seconds(3), kWall));
    EXPECT_EQ(it.session.wake_at(), kStart + Seconds(6));
}

TEST(Session, GathersChangesForAMoment) {
    Greeted it;
    it.accept();
    it.session.report_all({});
    auto const full = it.session.next(kStart, kWall);
    it.session.on_message(wire::Ack{std::get<wire::Observations>(*full).seq}, kStart);
    it.outbox.put(seen(1));
    EXPECT_FALSE(it.session.next(kStart + Millis(10), kWall));
    EXPECT_EQ(it.session.wake_at(), kStart + Session::kCoalesce);
    it.outbox.put(seen(2));
    auto const batch = it.session.next(kStart + Session::kCoalesce, kWall);
    ASSERT_TRUE(is<wire::Observations>(batch));
    EXPECT_EQ(std::get<wire::Observations>(*batch).items.size(), 2U);
}

TEST(Session, GivesUpASilentMaster) {
    Greeted it;
    it.accept();
    EXPECT_FALSE(it.session.overdue(kStart + Millis(9999)));
    EXPECT_TRUE(it.session.overdue(kStart + Seconds(10)));
    it.session.on_message(wire::Heartbeat{}, kStart + Seconds(9));
    EXPECT_FALSE(it.session.overdue(kStart + Seconds(18)));
}

TEST(Session, GivesUpAMasterThatNeverAcknowledges) {
    Greeted it;
    it.accept();
    it.session.report_all({});
    ASSERT_TRUE(it.session.next(kStart, kWall));
    it.session.heard(kStart + Session::kAckLimit);
    EXPECT_TRUE(it.session.overdue(kStart + Session::kAckLimit));
}

TEST(Session, DropsAMasterThatBreaksTheRules) {
    {
        Greeted it;
        auto const early = it.session.on_message(wire::Assignments{}, kStart);
        EXPECT_TRUE(std::holds_alternative<Session::Broken>(early));
    }
    {
        Greeted it;
        it.accept();
        auto const twice = it.session.on_message(welcome(), kStart);
        EXPECT_TRUE(std::holds_alternative<Session::Broken>(twice));
        auto const odd = it.session.on_message(wire::Hello{}, kStart);
        EXPECT_TRUE(std::holds_alternative<Session::Broken>(odd));
    }
    Greeted it;
    auto future = welcome();
    future.protocol = wire::kProtocol + 1;
    EXPECT_TRUE(std::holds_alternative<Session::Broken>(it.session.on_message(future, kStart)));
}

TEST(Reconnect, FindsARestartedMasterSoonAndThenSlowsDown) {
    Reconnect policy(kStart);
    auto now = kStart;
    auto longest_eager = Millis(0);
    int attempts = 0;
    while (now < kStart + Seconds(60)) {
        auto const pause = policy.after_failure(now, 1.0);
        if (attempts++ == 0) EXPECT_LT(pause, Seconds(1));
        longest_eager = std::max(longest_eager, pause);
        now += pause;
    }
    EXPECT_LE(longest_eager, Seconds(2));
    for (int i = 0; i < 10; ++i) EXPECT_LE(policy.after_failure(now, 1.0), Seconds(90));
    EXPECT_EQ(policy.after_failure(now, 1.0), Seconds(90));
    EXPECT_EQ(policy.after_failure(now, 0.0), Seconds(1)) << "full jitter, with a floor";
}

TEST(Reconnect, OnlyASessionThatLastedCounts) {
    Reconnect policy(kStart);
    auto now = kStart + Seconds(100);
    for (int i = 0; i < 12; ++i) policy.after_failure(now, 1.0);
    policy.accepted(now);
    EXPECT_EQ(policy.after_failure(now + Seconds(29), 1.0), Seconds(90));
    now += Seconds(60);
    policy.accepted(now);
    EXPECT_LT(policy.after_failure(now + Seconds(30), 1.0), Seconds(1));
}

TEST(Reconnect, ARefusalIsAskedAgainSlowly) {
    Reconnect policy(kStart);
    EXPECT_EQ(policy.after_refusal(kStart, Seconds(30), 0.0), Seconds(30));
    EXPECT_EQ(policy.after_refusal(kStart, Seconds(30), 0.0), Seconds(60));
    for (int i = 0; i < 10; ++i) {
        EXPECT_LE(policy.after_refusal(kStart, Seconds(30), 1.0), Seconds(375));
    }
}

} // namespace
} // namespace kontena::agent
