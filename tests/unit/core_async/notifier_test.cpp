#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "core/async/timeout.hpp"
#include "tests/support/test_loop.hpp"

namespace kontena::async {
namespace {

using tests::run;
using namespace std::chrono_literals;

TEST(Notifier, ANotificationBeforeTheWaitIsNotLost) {
    run([]() -> awaitable<void> {
        Notifier notifier(co_await asio::this_coro::executor);
        notifier.notify();
        EXPECT_TRUE(co_await notifier.wait(1h));
    }());
}

TEST(Notifier, ManyNotificationsCountAsOne) {
    run([]() -> awaitable<void> {
        Notifier notifier(co_await asio::this_coro::executor);
        for (int i = 0; i < 100; ++i) notifier.notify();
        EXPECT_TRUE(co_await notifier.wait(1h));
        EXPECT_FALSE(co_await notifier.wait(2ms));
    }());
}

awaitable<void> count_wake_ups(Notifier* notifier, int* wake_ups) {
    while (true) {
        if (co_await notifier->wait(1h)) ++*wake_ups;
    }
}

TEST(Notifier, WakesAllWhoWait) {
    run([]() -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        Notifier notifier(executor);
        int first = 0;
        int second = 0;
        TaskGroup group(executor, [](auto, auto) { ADD_FAILURE(); });
        group.spawn("first", count_wake_ups(&notifier, &first));
        group.spawn("second", count_wake_ups(&notifier, &second));
        co_await sleep_for(1ms);
        notifier.notify();
        notifier.notify();
        co_await sleep_for(1ms);
        EXPECT_EQ(first, 1);
        EXPECT_EQ(second, 1);
        co_await group.stop();
    }());
}

awaitable<void> follow(Notifier* notifier, int const* state, int* seen, bool busy) {
    while (*seen < 1000) {
        auto const epoch = notifier->epoch();
        *seen = *state;
        // Another await between the look and the wait, in which notifications arrive.
        if (busy) co_await sleep_for(0ms);
        co_await notifier->wait_after(epoch, 1h);
        *seen = *state;
    }
}

awaitable<void> change(Notifier* notifier, int* state) {
    for (int i = 1; i <= 1000; ++i) {
        *state = i;
        notifier->notify();
        if (i % 3 == 0) co_await sleep_for(0ms);
    }
}

TEST(Notifier, NoFollowerMissesTheLastChange) {
    run([]() -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        Notifier notifier(executor);
        int state = 0;
        int first = 0;
        int second = 0;
        TaskGroup group(executor, [](auto, auto) { ADD_FAILURE(); });
        group.spawn("first", follow(&notifier, &state, &first, false));
        group.spawn("second", follow(&notifier, &state, &second, true));
        group.spawn("change", change(&notifier, &state));
        co_await group.drain();
        EXPECT_EQ(first, 1000);
        EXPECT_EQ(second, 1000);
        co_await group.stop();
    }());
}

} // namespace
} // namespace kontena::async
