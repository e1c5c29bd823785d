#pragma once

#include "core/async/notifier.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace kontena::async {

/// What a full channel does with one more item.
enum class Overflow {
    block,                 ///< send() waits, try_send() refuses
    drop_oldest_and_count, ///< the oldest item makes room, dropped() counts it
};

/// Bounded queue between coroutines on one executor. Any number of senders and receivers. It must
/// outlive the calls that wait on it.
template <class T>
class Channel {
public:
    Channel(asio::any_io_executor executor, std::size_t capacity, Overflow overflow)
        : capacity_(capacity)
        , overflow_(overflow)
        , filled_(executor)
        , drained_(executor) {}

    /// False if the channel is closed, or full under Overflow::block.
    bool try_send(T item) {
        if (closed_) return false;
        if (items_.size() >= capacity_) {
            if (overflow_ == Overflow::block) return false;
            items_.pop_front();
            ++dropped_;
        }
        items_.push_back(std::move(item));
        filled_.notify();
        return true;
    }

    /// Waits for room under Overflow::block. False if the channel is closed. Cancellable.
    awaitable<bool> send(T item) {
        while (!closed_ && overflow_ == Overflow::block && items_.size() >= capacity_) {
            auto const seen = drained_.epoch();
            co_await drained_.wait_after(seen, forever);
        }
        co_return try_send(std::move(item));
    }

    std::optional<T> try_receive() {
        if (items_.empty()) return std::nullopt;
        std::optional<T> item(std::move(items_.front()));
        items_.pop_front();
        drained_.notify();
        return item;
    }

    /// Waits for an item; empty when the channel is closed and nothing is left. Cancellable.
    awaitable<std::optional<T>> receive() {
        while (items_.empty() && !closed_) {
            auto const seen = filled_.epoch();
            co_await filled_.wait_after(seen, forever);
        }
        co_return try_receive();
    }

    /// Refuses further items and wakes everyone; what is inside can still be received.
    void close() {
        closed_ = true;
        filled_.notify();
        drained_.notify();
    }

    bool closed() const { return closed_; }

    std::size_t size() const { return items_.size(); }

    std::uint64_t dropped() const { return dropped_; }

private:
    static constexpr core::Millis forever = core::Millis::max();

    std::size_t capacity_;
    Overflow overflow_;
    bool closed_ = false;
    std::uint64_t dropped_ = 0;
    std::deque<T> items_;
    Notifier filled_;
    Notifier drained_;
};

} // namespace kontena::async
