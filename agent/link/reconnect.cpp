#include "agent/link/reconnect.hpp"

#include <algorithm>

namespace kontena::agent {
namespace {

constexpr core::Millis kEagerFirst{250};
constexpr core::Millis kEagerCap{2000};
constexpr core::Millis kEagerFloor{50};
constexpr core::Millis kFloor{1000};
constexpr int kMaxExponent = 10;

core::Millis scaled(core::Millis cap, double jitter) {
    return core::Millis(static_cast<std::int64_t>(static_cast<double>(cap.count()) * jitter));
}

core::Millis doubled(core::Millis first, int times, core::Millis cap) {
    return std::min(cap, first * (1 << std::min(times, kMaxExponent)));
}

} // namespace

void Reconnect::accepted(Instant now) { accepted_at_ = now; }

core::Millis Reconnect::after_failure(Instant now, double jitter) {
    if (accepted_at_ && now - *accepted_at_ >= kStable) {
        failures_ = 0;
        refusals_ = 0;
        since_ = now;
    }
    accepted_at_.reset();
    auto const n = failures_++;
    if (now < since_ + kEager)
        return std::max(kEagerFloor, scaled(doubled(kEagerFirst, n, kEagerCap), jitter));
    return std::max(kFloor, scaled(doubled(core::Seconds(1), n, kLongest), jitter));
}

core::Millis Reconnect::after_refusal(Instant now, core::Seconds retry_after, double jitter) {
    since_ = std::min(since_, now - kEager);
    auto const first = std::clamp(retry_after, core::Seconds(1), kLongestRefused);
    auto const base = doubled(first, refusals_++, kLongestRefused);
    return base + scaled(base / 4, jitter);
}

} // namespace kontena::agent
