#include "stackfile/compose/values.hpp"

#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace kontena::stackfile::compose {

namespace {

constexpr int kMaxRange = 100;
constexpr double kLargestSize = 9e18; ///< bytes
constexpr double kMostSeconds = 10.0 * 365 * 24 * 3600;
constexpr std::string_view kDigits = "0123456789";

/// Those of two letters in front of those that begin like them.
constexpr std::array<std::pair<std::string_view, double>, 7> kUnits{
    {{"ms", 1e-3}, {"us", 1e-6}, {"\u00b5s", 1e-6}, {"ns", 1e-9}, {"h", 3600}, {"m", 60}, {"s", 1}}
};

std::optional<Seconds> rounded_up(double seconds) {
    if (seconds > kMostSeconds) return std::nullopt;
    // What the fractions of binary numbers leave over is no reason to round.
    auto const whole = std::ceil(seconds - 1e-9);
    return Seconds{static_cast<std::int64_t>(whole), whole - seconds > 1e-9};
}

template <class T>
std::optional<T> number_in(std::string_view text) {
    T out{};
    auto const [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (ec != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return out;
}

bool plain_word(std::string_view word) {
    return !word.empty() && std::ranges::all_of(word, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_-./:=,@%+${}").find(c) != std::string_view::npos;
    });
}

/// In single quotes; one of those ends them, stands in double quotes, and begins them again.
std::string quoted(std::string_view word) {
    std::string out = "'";
    for (char const c : word) out += c == '\'' ? std::string("'\"'\"'") : std::string(1, c);
    return out + "'";
}

/// `http://localhost:8080/health?x` → the port and `/health?x`.
std::optional<Probe> probe_of_url(std::string_view url) {
    auto const scheme = url.find("://");
    auto const secure = url.starts_with("https://");
    if (secure) return std::nullopt;
    if (scheme != std::string_view::npos) {
        if (!url.starts_with("http://")) return std::nullopt;
        url.remove_prefix(scheme + 3);
    }
    auto const slash = std::min(url.find('/'), url.size());
    auto const host = url.substr(0, slash);
    auto const colon = host.rfind(':');
    auto const name = host.substr(0, colon);
    if (name != "localhost" && name != "127.0.0.1" && name != "0.0.0.0") return std::nullopt;
    auto const port = colon == std::string_view::npos
                          ? std::optional<std::int64_t>(80)
                          : number_in<std::int64_t>(host.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return std::nullopt;
    auto const path = url.substr(slash);
    // A reference, or what a URI cannot have.
    if (path.find_first_of("$ \t\r\n") != std::string_view::npos) return std::nullopt;
    return Probe{true, *port, path.empty() ? "/" : std::string(path)};
}

std::string_view base_name(std::string_view program) {
    return program.substr(program.rfind('/') + 1);
}

std::optional<Probe> probe_of_nc(std::vector<std::string> const& words) {
    if (words.size() < 3) return std::nullopt;
    auto const port = number_in<std::int64_t>(words.back());
    auto const& host = words[words.size() - 2];
    if (!port || *port < 1 || *port > 65535 || (host != "localhost" && host != "127.0.0.1"))
        return std::nullopt;
    return Probe{false, *port};
}

} // namespace

std::string shell_line(std::vector<std::string> const& words) {
    std::string out;
    for (auto const& word : words) {
        if (!out.empty()) out += ' ';
        out += plain_word(word) ? word : quoted(word);
    }
    return out;
}

std::optional<Seconds> whole_seconds(std::string_view duration) {
    if (!duration.empty() && duration.find_first_not_of(kDigits) == std::string_view::npos)
        return rounded_up(number_in<double>(duration).value_or(kMostSeconds + 1));
    double total = 0;
    while (!duration.empty()) {
        auto const end = std::min(duration.find_first_not_of("0123456789."), duration.size());
        auto const number = number_in<double>(duration.substr(0, end));
        duration.remove_prefix(end);
        auto const unit = std::ranges::find_if(kUnits, [&](auto const& known) {
            return duration.starts_with(known.first);
        });
        if (!number || unit == kUnits.end()) return std::nullopt;
        total += *number * unit->second;
        duration.remove_prefix(unit->first.size());
        if (duration.empty()) return rounded_up(total);
    }
    return std::nullopt;
}

std::optional<std::string> size_text(std::string_view size) {
    std::string lower(core::trim(size));
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower.ends_with('b')) lower.pop_back();
    auto const unit = lower.find_first_not_of("0123456789.");
    auto const name = unit == std::string::npos ? "" : lower.substr(unit);
    auto const number = number_in<double>(std::string_view(lower).substr(0, unit));
    if (!number || *number <= 0) return std::nullopt;
    if (name != "" && name != "k" && name != "m" && name != "g") return std::nullopt;
    auto const factor = name == "g" ? 1 << 30 : name == "m" ? 1 << 20 : name == "k" ? 1 << 10 : 1;
    if (*number * factor > kLargestSize) return std::nullopt;
    auto const whole = std::floor(*number) == *number;
    if (whole) return fmt::format("{:.0f}{}", *number, name);
    return fmt::format("{:.0f}", std::ceil(*number * factor));
}

std::vector<int> port_range(std::string_view text) {
    auto const dash = text.find('-');
    auto const first = number_in<int>(text.substr(0, dash));
    auto const last =
        dash == std::string_view::npos ? first : number_in<int>(text.substr(dash + 1));
    std::vector<int> out;
    if (!first || !last || *first < 1 || *last < *first || *last > 65535) return out;
    if (*last - *first >= kMaxRange) return out;
    for (int port = *first; port <= *last; ++port) out.push_back(port);
    return out;
}

std::optional<Probe> probe_of(std::vector<std::string> const& command) {
    if (command.empty()) return std::nullopt;
    auto const program = base_name(command.front());
    if (program == "nc") return probe_of_nc(command);
    if (program != "curl" && program != "wget") return std::nullopt;
    std::optional<Probe> out;
    for (std::size_t i = 1; i < command.size(); ++i) {
        // What follows asks for something else than whether the page is there.
        if (command[i] == "|" || command[i] == "&&" || command[i] == ";") return std::nullopt;
        if (command[i] == "||") break;
        if (command[i].starts_with('-')) continue;
        auto probe = probe_of_url(command[i]);
        if (probe && out) return std::nullopt;
        if (probe) out = std::move(probe);
    }
    return out;
}

} // namespace kontena::stackfile::compose
