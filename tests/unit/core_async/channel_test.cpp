#include "core/async/channel.hpp"
#include "core/async/task_group.hpp"
#include "core/async/timeout.hpp"
#include "tests/support/test_loop.hpp"

#include <memory>
#include <vector>

namespace kontena::async {
namespace {

using tests::run;
using namespace std::chrono_literals;

using Numbers = Channel<std::unique_ptr<int>>;

awaitable<void> send_all(Numbers* channel, int count) {
    for (int i = 0; i < count; ++i) {
        EXPECT_TRUE(co_await channel->send(std::make_unique<int>(i)));
        EXPECT_LE(channel->size(), 2U);
    }
    channel->close();
}

TEST(Channel, ABlockingChannelDeliversAllInOrder) {
    run([]() -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        Numbers channel(executor, 2, Overflow::block);
        TaskGroup group(executor, [](auto, auto) { ADD_FAILURE(); });
        group.spawn("send", send_all(&channel, 50));
        int expected = 0;
        while (auto item = co_await channel.receive()) EXPECT_EQ(**item, expected++);
        EXPECT_EQ(expected, 50);
        EXPECT_EQ(channel.dropped(), 0U);
        co_await group.stop();
    }());
}

TEST(Channel, AFullBlockingChannelRefusesTrySend) {
    run([]() -> awaitable<void> {
        Channel<int> channel(co_await asio::this_coro::executor, 1, Overflow::block);
        EXPECT_TRUE(channel.try_send(1));
        EXPECT_FALSE(channel.try_send(2));
        EXPECT_EQ(channel.try_receive(), 1);
        EXPECT_EQ(channel.try_receive(), std::nullopt);
    }());
}

TEST(Channel, DropOldestKeepsTheNewestAndCounts) {
    run([]() -> awaitable<void> {
        Channel<int> channel(
            co_await asio::this_coro::executor, 2, Overflow::drop_oldest_and_count
        );
        for (int i = 1; i <= 5; ++i) EXPECT_TRUE(co_await channel.send(i));
        EXPECT_EQ(channel.dropped(), 3U);
        EXPECT_EQ(channel.try_receive(), 4);
        EXPECT_EQ(channel.try_receive(), 5);
    }());
}

TEST(Channel, ClosingWakesTheReceiverAndRefusesSenders) {
    run([]() -> awaitable<void> {
        Channel<int> channel(co_await asio::this_coro::executor, 2, Overflow::block);
        EXPECT_TRUE(channel.try_send(1));
        channel.close();
        EXPECT_FALSE(co_await channel.send(2));
        EXPECT_EQ(co_await channel.receive(), 1);
        EXPECT_EQ(co_await channel.receive(), std::nullopt);
    }());
}

} // namespace
} // namespace kontena::async
