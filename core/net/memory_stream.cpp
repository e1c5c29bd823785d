#include "core/net/memory_stream.hpp"

#include "core/async/notifier.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>

namespace kontena::net {

using boost::system::error_code;

namespace {

constexpr auto forever = Millis::max();

struct Outcome {
    error_code ec;
    std::size_t size = 0;
};

/// One direction.
struct Pipe {
    Pipe(asio::any_io_executor const& executor, std::size_t size)
        : capacity(size)
        , changed(executor) {}

    std::size_t capacity;
    std::string data;
    bool writer_closed = false;
    bool reader_closed = false;
    async::Notifier changed;
};

awaitable<Outcome> read_from(std::shared_ptr<Pipe> pipe, MutableBuffers buffers) {
    while (pipe->data.empty() && !pipe->writer_closed && !pipe->reader_closed) {
        co_await pipe->changed.wait_after(pipe->changed.epoch(), forever);
    }
    if (pipe->reader_closed) co_return Outcome{asio::error::operation_aborted, 0};
    if (pipe->data.empty()) co_return Outcome{asio::error::eof, 0};
    auto const size = asio::buffer_copy(buffers, asio::buffer(pipe->data));
    pipe->data.erase(0, size);
    pipe->changed.notify();
    co_return Outcome{{}, size};
}

awaitable<Outcome> write_to(std::shared_ptr<Pipe> pipe, ConstBuffers buffers) {
    while (pipe->data.size() >= pipe->capacity && !pipe->writer_closed && !pipe->reader_closed) {
        co_await pipe->changed.wait_after(pipe->changed.epoch(), forever);
    }
    if (pipe->writer_closed) co_return Outcome{asio::error::operation_aborted, 0};
    if (pipe->reader_closed) co_return Outcome{asio::error::broken_pipe, 0};
    auto const size = std::min(asio::buffer_size(buffers), pipe->capacity - pipe->data.size());
    auto const old = pipe->data.size();
    pipe->data.resize(old + size);
    asio::buffer_copy(asio::buffer(pipe->data.data() + old, size), buffers);
    pipe->changed.notify();
    co_return Outcome{{}, size};
}

class MemoryStream final : public AnyStream {
public:
    MemoryStream(
        asio::any_io_executor executor, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out
    )
        : executor_(std::move(executor))
        , in_(std::move(in))
        , out_(std::move(out)) {}

    ~MemoryStream() override { close(); }

    executor_type get_executor() override { return executor_; }

    awaitable<void> shutdown(Millis /*limit*/) override {
        close();
        co_return;
    }

    void close() noexcept override {
        in_->reader_closed = true;
        out_->writer_closed = true;
        in_->changed.notify();
        out_->changed.notify();
    }

    std::string peer() const override { return "memory"; }

private:
    void start_read(MutableBuffers buffers, IoHandler handler) override {
        start(read_from(in_, buffers), std::move(handler));
    }

    void start_write(ConstBuffers buffers, IoHandler handler) override {
        start(write_to(out_, buffers), std::move(handler));
    }

    // The handler waits inside the io_context, which therefore keeps running, and which frees it.
    void start(awaitable<Outcome> operation, IoHandler handler) {
        auto const slot = asio::get_associated_cancellation_slot(handler);
        auto done =
            [h = std::move(handler)](std::exception_ptr const& failure, Outcome outcome) mutable {
                if (failure) outcome = Outcome{asio::error::operation_aborted, 0};
                std::move(h)(outcome.ec, outcome.size);
            };
        asio::co_spawn(
            executor_, std::move(operation), asio::bind_cancellation_slot(slot, std::move(done))
        );
    }

    asio::any_io_executor executor_;
    std::shared_ptr<Pipe> in_;
    std::shared_ptr<Pipe> out_;
};

class PrependStream final : public AnyStream {
public:
    PrependStream(std::string head, StreamPtr rest)
        : head_(std::move(head))
        , rest_(std::move(rest)) {}

    executor_type get_executor() override { return rest_->get_executor(); }

    awaitable<core::Result<void>> handshake(Millis limit) override {
        return rest_->handshake(limit);
    }

    awaitable<void> shutdown(Millis limit) override { return rest_->shutdown(limit); }

    void close() noexcept override { rest_->close(); }

    std::string peer() const override { return rest_->peer(); }

    bool secure() const override { return rest_->secure(); }

private:
    void start_read(MutableBuffers buffers, IoHandler handler) override {
        if (head_.empty()) {
            rest_->async_read_some(buffers, std::move(handler));
            return;
        }
        auto const size = asio::buffer_copy(buffers, asio::buffer(head_));
        head_.erase(0, size);
        auto done = [h = std::move(handler), size]() mutable { std::move(h)(error_code(), size); };
        asio::post(get_executor(), std::move(done));
    }

    void start_write(ConstBuffers buffers, IoHandler handler) override {
        rest_->async_write_some(buffers, std::move(handler));
    }

    std::string head_;
    StreamPtr rest_;
};

} // namespace

std::pair<StreamPtr, StreamPtr>
make_memory_pipe(asio::any_io_executor executor, std::size_t capacity) {
    auto const there = std::make_shared<Pipe>(executor, capacity);
    auto const back = std::make_shared<Pipe>(executor, capacity);
    return {
        std::make_unique<MemoryStream>(executor, back, there),
        std::make_unique<MemoryStream>(executor, there, back)
    };
}

StreamPtr prepend(std::string head, StreamPtr rest) {
    if (head.empty()) return rest;
    return std::make_unique<PrependStream>(std::move(head), std::move(rest));
}

} // namespace kontena::net
