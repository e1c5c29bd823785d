#include "stackfile/liquid/date.hpp"

#include "core/base/strings.hpp"
#include "stackfile/liquid/limits.hpp"
#include "stackfile/liquid/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace kontena::stackfile::liquid {

using core::Errc;
using core::fail;
using core::Result;

namespace {

constexpr std::int64_t kFirstSecond = -62'135'596'800; // year 1
constexpr std::int64_t kLastSecond = 253'402'300'799;  // year 9999

/// Reads a text from left to right; once something is missing, everything is.
class Reader {
public:
    explicit Reader(std::string_view text)
        : rest_(text) {}

    int number(std::size_t digits, int most) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            good_ = good_ && peek() >= '0' && peek() <= '9';
            if (!good_) return 0;
            value = value * 10 + (peek() - '0');
            rest_.remove_prefix(1);
        }
        good_ = value <= most;
        return value;
    }

    bool accept(std::string_view any) {
        if (rest_.empty() || any.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(std::string_view any) { good_ = accept(any) && good_; }

    /// A fraction of a second, of any length.
    int milliseconds() {
        int value = 0;
        int unit = 100;
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
            value += unit * (rest_.front() - '0');
            unit /= 10;
            rest_.remove_prefix(1);
        }
        return value;
    }

    char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

    bool at_end() const { return rest_.empty(); }

    bool good() const { return good_; }

private:
    std::string_view rest_;
    bool good_ = true;
};

std::optional<Moment> parse(std::string_view text) {
    using namespace std::chrono;
    Reader in(text);
    Moment out;
    auto const y = in.number(4, 9999);
    in.expect("-");
    auto const m = in.number(2, 12);
    in.expect("-");
    auto const d = in.number(2, 31);
    year_month_day const date{
        year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))
    };
    if (!in.good() || !date.ok()) return std::nullopt;
    int seconds = 0;
    if (in.accept("T ")) {
        seconds = in.number(2, 23) * 3600;
        in.expect(":");
        seconds += in.number(2, 59) * 60;
        if (in.accept(":")) seconds += in.number(2, 60);
        if (in.accept(".")) out.milliseconds = in.milliseconds();
        in.accept(" ");
        auto const west = in.peek() == '-';
        if (in.accept("+-")) {
            out.offset = in.number(2, 14) * 3600;
            in.accept(":");
            out.offset += in.number(2, 59) * 60;
            if (west) out.offset = -out.offset;
        } else if (!in.accept("Z") && in.accept("U")) {
            in.expect("T");
            in.expect("C");
        }
    }
    if (!in.good() || !in.at_end()) return std::nullopt;
    auto const days = sys_days(date).time_since_epoch().count();
    out.seconds = std::int64_t{days} * 86'400 + seconds - out.offset;
    return out;
}

/// The parts of a moment in its zone.
struct Calendar {
    explicit Calendar(Moment const& moment)
        : moment(moment) {
        using namespace std::chrono;
        auto const local = sys_seconds(seconds(moment.seconds + moment.offset));
        auto const today = floor<days>(local);
        date = year_month_day(today);
        second_of_day = static_cast<int>((local - today).count());
        weekday = static_cast<int>(std::chrono::weekday(today).c_encoding());
        auto const new_year = sys_days(date.year() / January / 1);
        day_of_year = static_cast<int>((today - new_year).count());
    }

    int year() const { return static_cast<int>(date.year()); }

    int month() const { return static_cast<int>(static_cast<unsigned>(date.month())); }

    int day() const { return static_cast<int>(static_cast<unsigned>(date.day())); }

    int hour() const { return second_of_day / 3600; }

    int hour12() const { return (hour() + 11) % 12 + 1; }

    int minute() const { return second_of_day / 60 % 60; }

    int second() const { return second_of_day % 60; }

    Moment const& moment;
    std::chrono::year_month_day date{};
    int second_of_day = 0;
    int weekday = 0; ///< Sunday is 0
    int day_of_year = 0;
};

constexpr std::array<std::string_view, 7> kDays{
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"
};
constexpr std::array<std::string_view, 12> kMonths{
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December"
};

/// A directive that is a number: its width, and what it is filled with.
struct NumberRule {
    char directive;
    int width;
    char fill;
    std::int64_t (*get)(Calendar const&);
};

constexpr std::array<NumberRule, 18> kNumbers{{
    {'C', 2, '0', [](Calendar const& c) -> std::int64_t { return c.year() / 100; }},
    {'H', 2, '0', [](Calendar const& c) -> std::int64_t { return c.hour(); }},
    {'I', 2, '0', [](Calendar const& c) -> std::int64_t { return c.hour12(); }},
    {'L', 3, '0', [](Calendar const& c) -> std::int64_t { return c.moment.milliseconds; }},
    {'M', 2, '0', [](Calendar const& c) -> std::int64_t { return c.minute(); }},
    {'S', 2, '0', [](Calendar const& c) -> std::int64_t { return c.second(); }},
    {'U',
     2,
     '0',
     [](Calendar const& c) -> std::int64_t { return (c.day_of_year + 7 - c.weekday) / 7; }},
    {'W',
     2,
     '0',
     [](Calendar const& c) -> std::int64_t { return (c.day_of_year + 7 - (c.weekday + 6) % 7) / 7; }
    },
    {'Y', 4, '0', [](Calendar const& c) -> std::int64_t { return c.year(); }},
    {'d', 2, '0', [](Calendar const& c) -> std::int64_t { return c.day(); }},
    {'e', 2, ' ', [](Calendar const& c) -> std::int64_t { return c.day(); }},
    {'j', 3, '0', [](Calendar const& c) -> std::int64_t { return c.day_of_year + 1; }},
    {'k', 2, ' ', [](Calendar const& c) -> std::int64_t { return c.hour(); }},
    {'l', 2, ' ', [](Calendar const& c) -> std::int64_t { return c.hour12(); }},
    {'m', 2, '0', [](Calendar const& c) -> std::int64_t { return c.month(); }},
    {'s', 1, '0', [](Calendar const& c) -> std::int64_t { return c.moment.seconds; }},
    {'u', 1, '0', [](Calendar const& c) -> std::int64_t { return (c.weekday + 6) % 7 + 1; }},
    {'w', 1, '0', [](Calendar const& c) -> std::int64_t { return c.weekday; }},
}};

struct Shorthand {
    char directive;
    std::string_view format;
};

constexpr std::array<Shorthand, 9> kShorthands{{
    {'D', "%m/%d/%y"},
    {'F', "%Y-%m-%d"},
    {'R', "%H:%M"},
    {'T', "%H:%M:%S"},
    {'X', "%H:%M:%S"},
    {'c', "%a %b %e %H:%M:%S %Y"},
    {'r', "%I:%M:%S %p"},
    {'v', "%e-%^b-%Y"},
    {'x', "%m/%d/%y"},
}};

std::string zone(Moment const& moment) {
    auto const minutes = std::abs(moment.offset) / 60;
    return fmt::format("{}{:02}{:02}", moment.offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/// The year and number of the week that ISO 8601 counts a day to.
std::pair<int, int> iso_week(Calendar const& c) {
    auto const monday_based = (c.weekday + 6) % 7;
    auto const week = (c.day_of_year - monday_based + 10) / 7;
    auto const weeks_of = [](int year) {
        auto const last = [](int y) { return (y + y / 4 - y / 100 + y / 400) % 7; };
        return last(year) == 4 || last(year - 1) == 3 ? 53 : 52;
    };
    if (week < 1) return {c.year() - 1, weeks_of(c.year() - 1)};
    if (week > weeks_of(c.year())) return {c.year() + 1, 1};
    return {c.year(), week};
}

/// Directives that are words; nullopt for other ones.
std::optional<std::string> word(char directive, Calendar const& c) {
    switch (directive) {
    case 'A':
        return std::string(kDays.at(static_cast<std::size_t>(c.weekday)));
    case 'a':
        return std::string(kDays.at(static_cast<std::size_t>(c.weekday)).substr(0, 3));
    case 'B':
        return std::string(kMonths.at(static_cast<std::size_t>(c.month() - 1)));
    case 'b':
    case 'h':
        return std::string(kMonths.at(static_cast<std::size_t>(c.month() - 1)).substr(0, 3));
    case 'G':
        return fmt::format("{:04}", iso_week(c).first);
    case 'g':
        return fmt::format("{:02}", iso_week(c).first % 100);
    case 'V':
        return fmt::format("{:02}", iso_week(c).second);
    case 'N':
        return fmt::format("{:03}000000", c.moment.milliseconds);
    case 'P':
        return c.hour() < 12 ? "am" : "pm";
    case 'p':
        return c.hour() < 12 ? "AM" : "PM";
    case 'Z':
        return c.moment.offset == 0 ? "UTC" : zone(c.moment);
    case 'n':
        return "\n";
    case 't':
        return "\t";
    case 'z':
        return zone(c.moment);
    case '%':
        return "%";
    default:
        return std::nullopt;
    }
}

std::string number(NumberRule const& rule, Calendar const& c, char flag) {
    auto text = std::to_string(rule.get(c));
    auto const fill = flag == '0' ? '0' : flag == '_' ? ' ' : rule.fill;
    auto const width = flag == '-' ? 0U : static_cast<std::size_t>(rule.width);
    if (text.size() < width) text.insert(0, width - text.size(), fill);
    return text;
}

void upcase(std::string& text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
}

std::string format_with(Calendar const& c, std::string_view format);

/// Nullopt when there is no such directive.
std::optional<std::string> directive(char name, char flag, Calendar const& c) {
    if (name == 'y')
        return number(
            {'y', 2, '0', [](Calendar const& at) -> std::int64_t { return at.year() % 100; }},
            c,
            flag
        );
    if (auto const rule = std::ranges::find(kNumbers, name, &NumberRule::directive);
        rule != kNumbers.end())
        return number(*rule, c, flag);
    if (auto const rule = std::ranges::find(kShorthands, name, &Shorthand::directive);
        rule != kShorthands.end())
        return format_with(c, rule->format);
    return word(name, c);
}

std::string format_with(Calendar const& c, std::string_view format) {
    std::string out;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%' || i + 1 == format.size()) {
            out += format[i];
            continue;
        }
        auto const start = i++;
        auto const flagged = std::string_view("-0_^").find(format[i]) != std::string_view::npos;
        auto const flag = flagged ? format[i++] : '\0';
        auto text = i < format.size() ? directive(format[i], flag, c) : std::nullopt;
        if (text && flag == '^') upcase(*text);
        out += text ? *text : std::string(format.substr(start, i + 1 - start));
    }
    return out;
}

} // namespace

Result<Moment> read_moment(Data const& data) {
    auto const* text = text_of(data);
    auto const given = text == nullptr ? std::string_view() : core::trim(*text);
    if (given == "now" || given == "today")
        return fail(
            Errc::unsupported,
            fmt::format("'{}' is not known here: a stack file means the same at any time", given)
        );
    auto const seconds = need_integer(data);
    auto const out = seconds ? Moment{.seconds = *seconds} : parse(given);
    if (!out)
        return fail(
            Errc::invalid,
            fmt::format(
                "{} is not a date: write seconds since 1970, 2017-01-31 or 2017-01-31 12:30:00",
                text == nullptr ? describe(data) : "'" + std::string(given.substr(0, 40)) + "'"
            )
        );
    if (out->seconds < kFirstSecond || out->seconds > kLastSecond)
        return fail(Errc::invalid, "the date is not in the years 1 to 9999");
    return *out;
}

Result<std::string> format_moment(Moment const& moment, std::string_view format) {
    // No directive makes more than 20 bytes of two.
    if (format.size() > kMaxValue / 10) return fail(Errc::invalid, "the format is too long");
    return format_with(Calendar(moment), format);
}

} // namespace kontena::stackfile::liquid
