#include "core/base/time.hpp"

#include <fmt/format.h>

#include <charconv>

namespace kontena::core {
namespace {

using namespace std::chrono;

/// Reads fixed-width and free-width numbers off the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text)
        : rest_(text) {}

    bool number(std::size_t width, int& out) {
        if (rest_.size() < width) return false;
        auto const* end = rest_.data() + width;
        auto const [stop, ec] = std::from_chars(rest_.data(), end, out);
        if (ec != std::errc{} || stop != end || rest_.front() == '-') return false;
        rest_.remove_prefix(width);
        return true;
    }

    bool literal(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::string_view digits() {
        auto const n = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        auto const out = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return out;
    }

    bool done() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

Millis fraction_to_millis(std::string_view digits) {
    int value = 0;
    for (std::size_t i = 0; i < 3; ++i)
        value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
    return Millis(value);
}

bool scan_offset(Scanner& in, minutes& offset) {
    if (in.literal('Z')) return in.done();
    int sign = 0;
    if (in.literal('+')) sign = 1;
    if (sign == 0 && in.literal('-')) sign = -1;
    int h = 0;
    int m = 0;
    if (sign == 0 || !in.number(2, h)) return false;
    in.literal(':');
    if (!in.number(2, m)) return false;
    offset = sign * (hours(h) + minutes(m));
    return in.done();
}

} // namespace

std::string format_time(TimePoint time) {
    auto const day = floor<days>(time);
    year_month_day const date(day);
    hh_mm_ss const clock(time - day);
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        int(date.year()),
        unsigned(date.month()),
        unsigned(date.day()),
        clock.hours().count(),
        clock.minutes().count(),
        clock.seconds().count(),
        clock.subseconds().count()
    );
}

Result<TimePoint> parse_time(std::string_view text) {
    Scanner in(text);
    int y = 0;
    int mo = 0;
    int d = 0;
    int h = 0;
    int mi = 0;
    int s = 0;
    Millis fraction{0};
    minutes offset{0};
    auto const bad = fail(
        Errc::invalid,
        fmt::format("'{}' is not an ISO 8601 time such as 2026-01-31T12:00:00Z", text)
    );
    if (!(in.number(4, y) && in.literal('-') && in.number(2, mo) && in.literal('-') &&
          in.number(2, d)))
        return bad;
    if (!(in.literal('T') || in.literal(' '))) return bad;
    if (!(in.number(2, h) && in.literal(':') && in.number(2, mi) && in.literal(':') &&
          in.number(2, s)))
        return bad;
    if (in.literal('.')) fraction = fraction_to_millis(in.digits());
    if (!scan_offset(in, offset)) return bad;
    year_month_day const date{year(y), month(unsigned(mo)), day(unsigned(d))};
    if (!date.ok() || h > 23 || mi > 59 || s > 60) return bad;
    return TimePoint(sys_days(date) + hours(h) + minutes(mi) + seconds(s) + fraction - offset);
}

Result<Millis> parse_duration(std::string_view text) {
    auto const bad = fail(
        Errc::invalid,
        fmt::format(
            "'{}' is not a duration: use numbers with h, m or s, such as 1m30s or 2.5s", text
        )
    );
    Scanner in(text);
    double total = 0;
    if (in.done()) return bad;
    while (!in.done()) {
        auto const whole = in.digits();
        if (whole.empty() || whole.size() > 9) return bad;
        double value = 0;
        for (char const c : whole) value = value * 10 + (c - '0');
        if (in.literal('.')) {
            auto const part = in.digits();
            if (part.empty()) return bad;
            value += double(fraction_to_millis(part).count()) / 1000;
        }
        double const unit = in.literal('h') ? 3600 : in.literal('m') ? 60 : in.literal('s') ? 1 : 0;
        if (unit == 0) return bad;
        total += value * unit;
    }
    return Millis(static_cast<std::int64_t>(total * 1000 + 0.5));
}

std::string format_duration(Millis duration) {
    auto const ms = duration.count();
    if (ms < 0) return "-" + format_duration(-duration);
    if (ms < 1000) return fmt::format("{}ms", ms);
    if (ms < 60'000) return fmt::format("{:.1f}s", double(ms) / 1000);
    auto const total = ms / 1000;
    if (total < 3600) return fmt::format("{}m{:02}s", total / 60, total % 60);
    if (total < 86'400) return fmt::format("{}h{:02}m", total / 3600, total / 60 % 60);
    return fmt::format("{}d{}h", total / 86'400, total / 3600 % 24);
}

} // namespace kontena::core
