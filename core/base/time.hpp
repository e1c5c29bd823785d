#pragma once

#include "core/base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace kontena::core {

/// UTC, millisecond resolution. The pure core gets `now` as a parameter and never asks a clock.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

/// ISO 8601 in UTC with milliseconds: `2026-11-23T20:15:00.123Z`.
std::string format_time(TimePoint time);

/// Accepts `Z` and numeric offsets, 0 to 9 digits of fraction (truncated to milliseconds).
Result<TimePoint> parse_time(std::string_view text);

/// `1h2m3.5s`: a concatenation of `<number>[.<fraction>](h|m|s)`, as stop_grace_period has it.
Result<Millis> parse_duration(std::string_view text);

/// `850ms`, `12.3s`, `4m05s`, `2h10m`: for people.
std::string format_duration(Millis duration);

} // namespace kontena::core
