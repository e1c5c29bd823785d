#include "core/async/race.hpp"
#include "core/async/task_group.hpp"
#include "core/async/timeout.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/system/system_error.hpp>

#include <string>

namespace kontena::async {
namespace {

using tests::run;
using namespace std::chrono_literals;

awaitable<void> sleep_and_note(Millis delay, std::string* log, std::string name) {
    try {
        co_await sleep_for(delay);
        *log += name + " ended;";
    } catch (boost::system::system_error const&) {
        *log += name + " cancelled;";
        throw;
    }
}

awaitable<void> throw_after(Millis delay) {
    co_await sleep_for(delay);
    throw std::runtime_error("broken");
}

TEST(Race, TheFirstToEndCancelsTheOther) {
    run([]() -> awaitable<void> {
        std::string log;
        co_await race(sleep_and_note(1ms, &log, "a"), sleep_and_note(1h, &log, "b"));
        EXPECT_EQ(log, "a ended;b cancelled;");
        log.clear();
        co_await race(sleep_and_note(1h, &log, "a"), sleep_and_note(1ms, &log, "b"));
        EXPECT_EQ(log, "b ended;a cancelled;");
    }());
}

TEST(Race, AFailureEndsBothAndIsPassedOn) {
    run([]() -> awaitable<void> {
        std::string log;
        std::string what;
        try {
            co_await race(throw_after(1ms), sleep_and_note(1h, &log, "b"));
        } catch (std::runtime_error const& error) {
            what = error.what();
        }
        EXPECT_EQ(what, "broken");
        EXPECT_EQ(log, "b cancelled;");
    }());
}

TEST(Race, ACancellationReachesBoth) {
    run([]() -> awaitable<void> {
        std::string log;
        TaskGroup group(co_await asio::this_coro::executor, [](auto, auto) { ADD_FAILURE(); });
        group.spawn("race", race(sleep_and_note(1h, &log, "a"), sleep_and_note(1h, &log, "b")));
        co_await sleep_for(1ms);
        co_await group.stop();
        EXPECT_EQ(log, "a cancelled;b cancelled;");
    }());
}

} // namespace
} // namespace kontena::async
