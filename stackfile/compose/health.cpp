#include "core/yaml/make.hpp"
#include "stackfile/compose/values.hpp"
#include "stackfile/compose/work.hpp"
#include "stackfile/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::stackfile::compose {

using yaml::make_integer;
using yaml::make_text;
using yaml::put;
using yaml::YamlNode;

namespace {

// What a stack file takes when nothing is said.
constexpr std::int64_t kTimeout = 10;
constexpr std::int64_t kInterval = 60;

/// `CMD a b`, or `CMD-SHELL a b` split into words; empty when it cannot be.
std::vector<std::string> test_words(YamlNode const& test) {
    std::vector<std::string> words;
    for (auto const& item : test.items) words.push_back(item.text);
    auto const shell = test.is_string() || (words.size() == 2 && words.front() == "CMD-SHELL");
    if (!shell) {
        if (!words.empty() && words.front() == "CMD") words.erase(words.begin());
        return words;
    }
    auto const split = split_command(test.is_string() ? test.text : words[1]);
    return split ? *split : std::vector<std::string>{};
}

/// Null when it is not there or no time.
YamlNode seconds_of(Work& to, YamlNode const& check, std::string_view key, std::int64_t least) {
    auto const* value = check.find(key);
    if (value == nullptr) return {};
    YamlNode out;
    to.in.within(key, [&] {
        auto const time = whole_seconds(yaml::canonical(*value));
        if (!time) {
            to.dropped(*value, "a time such as 30s is expected");
        } else if (time->whole >= least) {
            out = make_integer(time->whole);
            if (time->rounded)
                to.note(
                    *value, fmt::format("health_check has whole seconds: it is {}", time->whole)
                );
        }
    });
    return out;
}

/// The interval of a stack file is not below the timeout.
void convert_times(Work& to, YamlNode const& check, YamlNode& out) {
    auto timeout = seconds_of(to, check, "timeout", 1);
    auto interval = seconds_of(to, check, "interval", 1);
    auto const limit = timeout.is_null() ? kTimeout : timeout.integer;
    auto const pause = interval.is_null() ? kInterval : interval.integer;
    if (pause < limit && timeout.is_null()) {
        timeout = make_integer(pause);
        to.note(
            check,
            fmt::format("the timeout is {} seconds, as it cannot be above the interval", pause)
        );
    } else if (pause < limit) {
        interval = make_integer(limit);
        to.note(
            check,
            fmt::format("the interval is {} seconds, as it cannot be below the timeout", limit)
        );
    }
    if (!timeout.is_null()) put(out, "timeout", std::move(timeout));
    if (!interval.is_null()) put(out, "interval", std::move(interval));
    auto delay = seconds_of(to, check, "start_period", 0);
    if (!delay.is_null()) put(out, "initial_delay", std::move(delay));
}

} // namespace

void convert_healthcheck(Work& to, std::string_view, YamlNode const& value) {
    auto const* disabled = value.find("disable");
    auto const* test = value.find("test");
    if (disabled != nullptr && disabled->boolean) return; // nothing is checked unless asked for
    if (test == nullptr) {
        to.dropped(value, "there is no test; the check of the image is not used either");
        return;
    }
    auto const words = test_words(*test);
    if (!words.empty() && words.front() == "NONE") return;
    auto const probe = probe_of(words);
    if (!probe) {
        to.dropped(
            *test,
            "health_check asks a port by http or tcp and runs no command: write health_check: with "
            "protocol and port"
        );
        return;
    }
    auto out = yaml::make_map();
    put(out, "protocol", make_text(probe->http ? "http" : "tcp"));
    put(out, "port", make_integer(probe->port));
    if (probe->http && probe->uri != "/") put(out, "uri", make_text(literal(probe->uri)));
    convert_times(to, value, out);
    for (auto const& [key, setting] : value.entries)
        if (key.text == "retries" || key.text == "start_interval")
            to.in.within(key.text, [&] { to.dropped(key, "health_check does not have it"); });
    put(to.out, "health_check", std::move(out));
}

} // namespace kontena::stackfile::compose
