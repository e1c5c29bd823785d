#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace kontena::sim {

/// Simulated time since the start.
using Time = core::Millis;

/// What is to happen, in the order of time; at one instant in the order in which it was asked for.
class Schedule {
public:
    using Work = std::function<void()>;

    Time now() const { return now_; }

    void after(core::Millis delay, Work work) {
        queue_.push({now_ + std::max(delay, core::Millis(0)), ++sequence_, std::move(work)});
    }

    void at(Time time, Work work) { after(time - now_, std::move(work)); }

    bool empty() const { return queue_.empty(); }

    Time next() const { return queue_.top().at; }

    /// The number of the event that is being carried out.
    std::uint64_t event() const { return event_; }

    void step() {
        // The queue hands out const references only; the event leaves it at once.
        auto event = std::move(const_cast<Event&>(queue_.top())); // NOLINT
        queue_.pop();
        now_ = event.at;
        event_ = event.sequence;
        event.work();
    }

private:
    struct Event {
        Time at;
        std::uint64_t sequence;
        Work work;

        friend bool operator<(Event const& a, Event const& b) {
            return std::pair(a.at, a.sequence) > std::pair(b.at, b.sequence);
        }
    };

    Time now_{0};
    std::uint64_t sequence_ = 0;
    std::uint64_t event_ = 0;
    std::priority_queue<Event> queue_;
};

} // namespace kontena::sim
