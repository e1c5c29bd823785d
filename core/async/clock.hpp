#pragma once

#include "core/base/time.hpp"

namespace kontena::async {

/// Where the shell gets the time from, so that tests can set it.
class Clock {
public:
    virtual ~Clock() = default;
    virtual core::TimePoint now() const = 0;
};

class SystemClock final : public Clock {
public:
    core::TimePoint now() const override;
};

} // namespace kontena::async
