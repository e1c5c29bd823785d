#pragma once

#include <cstddef>
#include <cstdint>

/// What templates may cost. All of it together keeps the worst template under 100 ms.
namespace kontena::stackfile::liquid {

inline constexpr std::size_t kMaxTemplates = 20'000;   ///< tags and outputs of one text
inline constexpr std::size_t kMaxOutput = 8'000'000;   ///< bytes, those that are captured too
inline constexpr std::size_t kMaxValue = 2'000'000;    ///< bytes of one text or list
inline constexpr std::size_t kMaxIterations = 100'000; ///< of all loops together
inline constexpr std::size_t kMaxWork = 1'000'000;     ///< steps, or as many blocks of bytes
inline constexpr std::size_t kBytesPerStep = 16;       ///< that filters and comparisons look at
inline constexpr std::size_t kMaxNesting = 100;        ///< of tags
inline constexpr std::size_t kMaxExpressionDepth = 50; ///< of brackets, and of one path
inline constexpr std::size_t kMinItemWeight = 16;      ///< bytes that a list item counts for

} // namespace kontena::stackfile::liquid
