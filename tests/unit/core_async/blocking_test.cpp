#include "core/async/blocking.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <string>
#include <thread>

namespace kontena::async {
namespace {

using tests::run;

TEST(BlockingPool, RunsOnItsThreadAndResumesOnTheCallers) {
    run([]() -> awaitable<void> {
        BlockingPool pool(2, "pool");
        auto const here = std::this_thread::get_id();
        auto const elsewhere = [] { return std::this_thread::get_id(); };
        auto const there = co_await pool.run(elsewhere);
        EXPECT_NE(there, here);
        EXPECT_EQ(std::this_thread::get_id(), here);
    }());
}

TEST(BlockingPool, PassesOnMoveOnlyResultsAndVoid) {
    run([]() -> awaitable<void> {
        BlockingPool pool(1, "pool");
        auto work = [n = std::make_unique<int>(4)] { return std::make_unique<int>(*n + 1); };
        auto const five = co_await pool.run(std::move(work));
        EXPECT_EQ(*five, 5);
        bool ran = false;
        auto const note = [&ran] { ran = true; };
        co_await pool.run(note);
        EXPECT_TRUE(ran);
    }());
}

TEST(BlockingPool, ExceptionsBecomeTheCallers) {
    run([]() -> awaitable<void> {
        BlockingPool pool(1, "pool");
        std::string what;
        auto const work = []() -> int { throw std::runtime_error("disk full"); };
        try {
            co_await pool.run(work);
        } catch (std::runtime_error const& error) {
            what = error.what();
        }
        EXPECT_EQ(what, "disk full");
    }());
}

TEST(BlockingPool, RefusesWorkAfterStop) {
    run([]() -> awaitable<void> {
        BlockingPool pool(1, "pool");
        pool.stop();
        pool.stop();
        bool aborted = false;
        auto const work = [] { return 1; };
        try {
            co_await pool.run(work);
        } catch (boost::system::system_error const& error) {
            aborted = error.code() == asio::error::operation_aborted;
        }
        EXPECT_TRUE(aborted);
    }());
}

} // namespace
} // namespace kontena::async
