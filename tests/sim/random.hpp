#pragma once

#include "core/base/digest.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace kontena::sim {

/// SplitMix64. Each part of a simulation draws from a stream of its own, so that taking a fault or
/// a commit out of a scenario changes as little of the rest as possible.
class Random {
public:
    explicit Random(std::uint64_t seed, std::string_view purpose = {})
        : state_(seed * 0x9e3779b97f4a7c15ULL ^ core::stable_hash(purpose)) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15ULL;
        auto z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    /// Both ends included.
    int between(int low, int high) { return low + int(next() % (std::uint64_t(high - low) + 1)); }

    bool chance(int percent) { return between(1, 100) <= percent; }

    double fraction() { return double(next() >> 11) * 0x1.0p-53; }

    template <class T>
    T const& pick(std::vector<T> const& from) {
        return from[std::size_t(between(0, int(from.size()) - 1))];
    }

private:
    std::uint64_t state_;
};

} // namespace kontena::sim
