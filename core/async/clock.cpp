#include "core/async/clock.hpp"

#include <chrono>

namespace kontena::async {

core::TimePoint SystemClock::now() const {
    return std::chrono::time_point_cast<core::Millis>(std::chrono::system_clock::now());
}

} // namespace kontena::async
