#include "core/async/task_group.hpp"
#include "core/async/timeout.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <string>

namespace kontena::async {
namespace {

using core::Errc;
using core::Result;
using tests::must;
using tests::run;
using namespace std::chrono_literals;

/// Cannot be default-constructed or copied, like much of what operations return.
struct Answer {
    explicit Answer(int n)
        : number(std::make_unique<int>(n)) {}

    std::unique_ptr<int> number;
};

awaitable<Result<Answer>> answer_after(Millis delay, int number) {
    co_await sleep_for(delay);
    co_return Answer(number);
}

awaitable<Result<int>> broken() {
    co_await sleep_for(1ms);
    throw std::logic_error("a bug");
}

TEST(WithTimeout, PassesOnAResultInTime) {
    run([]() -> awaitable<void> {
        auto answer = must(co_await with_timeout(answer_after(1ms, 7), 10s, "asking"));
        EXPECT_EQ(*answer.number, 7);
    }());
}

TEST(WithTimeout, SaysWhatTookTooLong) {
    run([]() -> awaitable<void> {
        auto const answer = co_await with_timeout(answer_after(1h, 7), 5ms, "asking the master");
        EXPECT_FALSE(answer);
        EXPECT_EQ(answer.error().code, Errc::timeout);
        EXPECT_EQ(answer.error().message, "asking the master: no answer within 5ms");
    }());
}

TEST(WithTimeout, NestsWithTheNearestDeadlineWinning) {
    run([]() -> awaitable<void> {
        auto inner = with_timeout(answer_after(1h, 7), 1h, "inner");
        auto const answer = co_await with_timeout(std::move(inner), 5ms, "outer");
        EXPECT_EQ(answer.error().message, "outer: no answer within 5ms");
        auto again = with_timeout(answer_after(1h, 7), 5ms, "inner");
        auto const other = co_await with_timeout(std::move(again), 1h, "outer");
        EXPECT_EQ(other.error().message, "inner: no answer within 5ms");
    }());
}

TEST(WithTimeout, PassesOnExceptions) {
    run([]() -> awaitable<void> {
        std::string what;
        try {
            [[maybe_unused]] auto const never = co_await with_timeout(broken(), 10s, "asking");
        } catch (std::logic_error const& error) {
            what = error.what();
        }
        EXPECT_EQ(what, "a bug");
    }());
}

awaitable<void> wait_under_timeout(bool* aborted, bool* got_result) {
    try {
        [[maybe_unused]] auto const never =
            co_await with_timeout(answer_after(1h, 7), 1h, "asking");
        *got_result = true;
    } catch (boost::system::system_error const& error) {
        *aborted = error.code() == asio::error::operation_aborted;
        throw;
    }
}

TEST(WithTimeout, ACancellationOfTheCallerUnwindsAndIsNoResult) {
    run([]() -> awaitable<void> {
        bool aborted = false;
        bool got_result = false;
        TaskGroup group(co_await asio::this_coro::executor, [](auto, auto) { ADD_FAILURE(); });
        group.spawn("waiting", wait_under_timeout(&aborted, &got_result));
        co_await sleep_for(1ms);
        co_await group.stop();
        EXPECT_TRUE(aborted);
        EXPECT_FALSE(got_result);
    }());
}

TEST(WithTimeout, AZeroLimitStillStartsAndUnwindsTheOperation) {
    run([]() -> awaitable<void> {
        auto const answer = co_await with_timeout(answer_after(1h, 7), 0ms, "asking");
        EXPECT_EQ(answer.error().code, Errc::timeout);
    }());
}

} // namespace
} // namespace kontena::async
