#include "core/async/task_group.hpp"
#include "core/async/timeout.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <vector>

namespace kontena::async {
namespace {

using tests::run;
using namespace std::chrono_literals;

struct Reports {
    Report sink() {
        return [this](std::string_view task, std::string_view what) {
            lines.push_back(std::string(task) + ": " + std::string(what));
        };
    }

    std::vector<std::string> lines;
};

awaitable<void> sleep_long(bool* cancelled) {
    try {
        co_await sleep_for(1h);
    } catch (boost::system::system_error const& error) {
        *cancelled = error.code() == asio::error::operation_aborted;
        throw;
    }
}

awaitable<void> fail_with(std::string text) {
    co_await sleep_for(1ms);
    throw std::runtime_error(text);
}

awaitable<void> clean_up_slowly(bool* cleaned) {
    bool cancelled = false;
    try {
        co_await sleep_for(1h);
    } catch (boost::system::system_error const&) {
        cancelled = true;
    }
    co_await asio::this_coro::reset_cancellation_state();
    co_await sleep_for(5ms);
    *cleaned = cancelled;
}

TEST(TaskGroup, StopCancelsTheTasksAndWaitsForThem) {
    run([]() -> awaitable<void> {
        Reports reports;
        bool first = false;
        bool cleaned = false;
        TaskGroup group(co_await asio::this_coro::executor, reports.sink());
        EXPECT_TRUE(group.spawn("first", sleep_long(&first)));
        EXPECT_TRUE(group.spawn("second", clean_up_slowly(&cleaned)));
        co_await sleep_for(1ms);
        EXPECT_EQ(group.size(), 2U);
        co_await group.stop();
        EXPECT_EQ(group.size(), 0U);
        EXPECT_TRUE(first);
        EXPECT_TRUE(cleaned);
        EXPECT_TRUE(reports.lines.empty()) << "a cancellation is no failure";
    }());
}

TEST(TaskGroup, CancelsATaskThatHasNotBegun) {
    run([]() -> awaitable<void> {
        Reports reports;
        bool cancelled = false;
        TaskGroup group(co_await asio::this_coro::executor, reports.sink());
        group.spawn("task", sleep_long(&cancelled));
        co_await group.stop();
        EXPECT_EQ(group.size(), 0U);
    }());
}

TEST(TaskGroup, ReportsExceptionsByName) {
    run([]() -> awaitable<void> {
        Reports reports;
        TaskGroup group(co_await asio::this_coro::executor, reports.sink());
        group.spawn("poll", fail_with("no route"));
        co_await group.drain();
        EXPECT_EQ(reports.lines, std::vector<std::string>{"poll: no route"});
        EXPECT_FALSE(group.stopping());
        co_await group.stop();
    }());
}

TEST(TaskGroup, RefusesTasksAfterStop) {
    run([]() -> awaitable<void> {
        Reports reports;
        TaskGroup group(co_await asio::this_coro::executor, reports.sink());
        co_await group.stop();
        EXPECT_FALSE(group.spawn("late", fail_with("never runs")));
        co_await group.stop();
        EXPECT_TRUE(reports.lines.empty());
    }());
}

awaitable<void> stop_inner(TaskGroup* inner, bool* stopped) {
    try {
        co_await sleep_for(1h);
    } catch (boost::system::system_error const&) {
    } // NOLINT(bugprone-empty-catch)
    co_await asio::this_coro::reset_cancellation_state();
    co_await inner->stop();
    *stopped = true;
}

TEST(TaskGroup, StopsAGroupInsideACancelledTask) {
    run([]() -> awaitable<void> {
        Reports reports;
        auto const executor = co_await asio::this_coro::executor;
        TaskGroup inner(executor, reports.sink());
        TaskGroup outer(executor, reports.sink());
        bool stopped = false;
        bool cleaned = false;
        inner.spawn("inner", clean_up_slowly(&cleaned));
        outer.spawn("outer", stop_inner(&inner, &stopped));
        co_await sleep_for(1ms);
        co_await outer.stop();
        EXPECT_TRUE(stopped);
        EXPECT_TRUE(cleaned);
    }());
}

TEST(TaskGroupDeathTest, DestroyingItWithTasksIsFatal) {
    auto const destroy = [] {
        asio::io_context loop;
        bool cancelled = false;
        TaskGroup group(loop.get_executor(), [](auto, auto) {});
        group.spawn("forgotten", sleep_long(&cancelled));
    };
    EXPECT_DEATH(destroy(), "forgotten");
}

} // namespace
} // namespace kontena::async
