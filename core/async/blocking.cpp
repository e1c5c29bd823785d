#include "core/async/blocking.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <vector>

namespace kontena::async {

namespace {

using Handler = asio::any_completion_handler<void()>;

struct Job {
    std::function<void()> work;
    asio::any_io_executor back_to; ///< tracks work, so that the caller's loop does not end
    Handler handler;
};

} // namespace

struct BlockingPool::Impl {
    void enqueue(Job job) {
        {
            std::scoped_lock const lock(mutex);
            queue.push_back(std::move(job));
        }
        changed.notify_one();
    }

    void work() {
        while (true) {
            std::unique_lock lock(mutex);
            changed.wait(lock, [this] { return stopping || !queue.empty(); });
            if (queue.empty()) return;
            Job job = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            job.work();
            job.work = nullptr;
            asio::post(job.back_to, std::move(job.handler));
        }
    }

    std::mutex mutex;
    std::condition_variable changed;
    bool stopping = false;
    std::deque<Job> queue;
    std::vector<std::thread> threads;
};

BlockingPool::BlockingPool(std::size_t threads, std::string name)
    : impl_(std::make_unique<Impl>()) {
    auto const shown = name.substr(0, 15);
    for (std::size_t i = 0; i < threads; ++i) {
        impl_->threads.emplace_back([impl = impl_.get()] { impl->work(); });
        pthread_setname_np(impl_->threads.back().native_handle(), shown.c_str());
    }
}

BlockingPool::~BlockingPool() { stop(); }

void BlockingPool::stop() {
    {
        std::scoped_lock const lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->changed.notify_all();
    for (auto& thread : impl_->threads) {
        if (thread.joinable()) thread.join();
    }
}

awaitable<void> BlockingPool::execute(std::function<void()> job) {
    {
        std::scoped_lock const lock(impl_->mutex);
        if (impl_->stopping) throw boost::system::system_error(asio::error::operation_aborted);
    }
    asio::any_io_executor const executor = co_await asio::this_coro::executor;
    auto tracked = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(
        [](auto handler, Impl* impl, std::function<void()> work, asio::any_io_executor back_to) {
            impl->enqueue(Job{std::move(work), std::move(back_to), Handler(std::move(handler))});
        },
        asio::use_awaitable,
        impl_.get(),
        std::move(job),
        std::move(tracked)
    );
}

} // namespace kontena::async
