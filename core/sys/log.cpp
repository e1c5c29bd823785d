#include "core/sys/log.hpp"

#include "core/base/escape.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <memory>

namespace kontena::sys::log {

namespace {

std::atomic<bool> as_json = false;

spdlog::level::level_enum translate(Level level) {
    switch (level) {
    case Level::debug:
        return spdlog::level::debug;
    case Level::info:
        return spdlog::level::info;
    case Level::warn:
        return spdlog::level::warn;
    case Level::error:
        return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string_view word(Level level) {
    switch (level) {
    case Level::debug:
        return "debug";
    case Level::info:
        return "info";
    case Level::warn:
        return "warn";
    case Level::error:
        return "error";
    }
    return "info";
}

spdlog::logger& sink() {
    static auto const logger = [] {
        auto made = std::make_shared<spdlog::logger>(
            "kontena", std::make_shared<spdlog::sinks::stderr_sink_mt>()
        );
        made->set_formatter(
            std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc)
        );
        made->set_level(spdlog::level::info);
        made->flush_on(spdlog::level::debug);
        return made;
    }();
    return *logger;
}

/// Right in JSON, and keeps a key=value line on one line.
void quote(std::string& out, std::string_view text) { out += '"' + core::escaped(text) + '"'; }

bool plain(std::string_view text) {
    if (text.empty()) return false;
    for (char const c : text) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\' || c == 0x7f)
            return false;
    }
    return true;
}

void write(Level level, std::string_view area, std::string_view message, Fields fields) {
    if (!enabled(level)) return;
    auto const now = std::chrono::system_clock::now();
    auto const ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()) % 1000;
    auto const seconds = std::chrono::system_clock::to_time_t(now);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    auto const time = fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        utc.tm_year + 1900,
        utc.tm_mon + 1,
        utc.tm_mday,
        utc.tm_hour,
        utc.tm_min,
        utc.tm_sec,
        ms.count()
    );
    sink().log(
        translate(level),
        spdlog::string_view_t(format_line(time, level, area, message, fields, as_json))
    );
}

} // namespace

void configure(Options options) {
    as_json = options.json;
    sink().set_level(translate(options.level));
}

bool enabled(Level level) { return sink().should_log(translate(level)); }

std::string format_line(
    std::string_view time,
    Level level,
    std::string_view area,
    std::string_view message,
    Fields fields,
    bool json
) {
    std::string out;
    if (json) {
        out += fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"area\":", time, word(level));
        quote(out, area);
        out += ",\"message\":";
        quote(out, message);
        for (auto const& field : fields) {
            out += ',';
            quote(out, field.key);
            out += ':';
            if (field.bare) {
                out += field.value;
            } else {
                quote(out, field.value);
            }
        }
        out += '}';
        return out;
    }
    out += fmt::format("{} {:<5} {}: {}", time, word(level), area, message);
    for (auto const& field : fields) {
        out += ' ';
        out += field.key;
        out += '=';
        if (plain(field.value)) {
            out += field.value;
        } else {
            quote(out, field.value);
        }
    }
    return out;
}

void debug(std::string_view area, std::string_view message, Fields fields) {
    write(Level::debug, area, message, fields);
}

void info(std::string_view area, std::string_view message, Fields fields) {
    write(Level::info, area, message, fields);
}

void warn(std::string_view area, std::string_view message, Fields fields) {
    write(Level::warn, area, message, fields);
}

void error(std::string_view area, std::string_view message, Fields fields) {
    write(Level::error, area, message, fields);
}

std::function<void(std::string_view, std::string_view)> reporter(std::string area) {
    return [area = std::move(area)](std::string_view task, std::string_view what) {
        error(area, "task failed", {{"task", task}, {"reason", what}});
    };
}

} // namespace kontena::sys::log
