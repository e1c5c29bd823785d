#pragma once

#include <fmt/format.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

/// error = a human must act, warn = degraded and self-healing, info = state change, debug =
/// decisions. The message is constant; what varies goes into fields. Lines go to stderr. Callable
/// from any thread.
namespace kontena::sys::log {

enum class Level { debug, info, warn, error };

struct Field {
    /// Any type that fmt can print; a Secret cannot be printed.
    template <class T>
    Field(std::string_view name, T const& shown) // NOLINT(google-explicit-constructor)
        : key(name)
        , value(fmt::format("{}", shown))
        , bare(std::is_arithmetic_v<T>) {}

    std::string_view key;
    std::string value;
    bool bare; ///< a number or a bool: no quotes in JSON
};

using Fields = std::initializer_list<Field>;

struct Options {
    Level level = Level::info;
    bool json = false; ///< one JSON object a line instead of key=value
};

/// Once, at the start of the process.
void configure(Options options);

bool enabled(Level level);

/// The line without its end, as it would be written now: for tests and for other sinks.
std::string format_line(
    std::string_view time,
    Level level,
    std::string_view area,
    std::string_view message,
    Fields fields,
    bool json
);

void debug(std::string_view area, std::string_view message, Fields fields = {});
void info(std::string_view area, std::string_view message, Fields fields = {});
void warn(std::string_view area, std::string_view message, Fields fields = {});
void error(std::string_view area, std::string_view message, Fields fields = {});

/// For async::TaskGroup: logs a task that failed, as an error of `area`.
std::function<void(std::string_view, std::string_view)> reporter(std::string area);

} // namespace kontena::sys::log
