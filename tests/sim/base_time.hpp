#pragma once

#include "core/base/time.hpp"

namespace kontena::sim {

/// What the clocks show when a simulation begins.
inline constexpr core::TimePoint kStart{core::Seconds(1'800'000'000)};

} // namespace kontena::sim
