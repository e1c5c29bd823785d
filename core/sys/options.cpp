#include "core/sys/options.hpp"

#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kontena::sys {
namespace {

using core::Errc;
using core::fail;

Option const* find(std::span<Option const> options, std::string_view name) {
    auto const it = std::ranges::find(options, name, &Option::name);
    return it == options.end() ? nullptr : &*it;
}

core::Error
unknown(std::span<Option const> options, std::string_view name, std::string_view prefix) {
    std::vector<std::string_view> names;
    for (auto const& option : options) names.push_back(option.name);
    auto const hint = core::nearest(name, names);
    auto const ask =
        hint.empty() ? std::string() : fmt::format("; did you mean {}{}?", prefix, hint);
    return fail(Errc::invalid, fmt::format("unknown option {}{}{}", prefix, name, ask));
}

} // namespace

std::string const& Settings::text(std::string_view name) const { return values.find(name)->second; }

bool Settings::flag(std::string_view name) const {
    auto const& value = text(name);
    return value == "true" || value == "1" || value == "yes";
}

core::Result<std::int64_t>
Settings::number(std::string_view name, std::int64_t min, std::int64_t max) const {
    auto const& value = text(name);
    std::int64_t out = 0;
    auto const [end, ec] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (ec == std::errc{} && end == value.data() + value.size() && out >= min && out <= max)
        return out;
    return fail(
        Errc::invalid,
        fmt::format("{} must be a number from {} to {}, not '{}'", name, min, max, value)
    );
}

core::Result<Settings> read_settings(
    std::span<Option const> options,
    std::vector<std::string> const& arguments,
    Environment const& environment,
    std::map<std::string, std::string> const& file
) {
    Settings out;
    for (auto const& option : options) out.values.emplace(option.name, option.fallback);
    for (auto const& [key, value] : file) {
        if (find(options, key) == nullptr) return unknown(options, key, "");
        out.values[key] = value;
    }
    for (auto const& option : options) {
        if (option.variable.empty()) continue;
        if (auto value = environment(std::string(option.variable)); value && !value->empty()) {
            out.values[std::string(option.name)] = std::move(*value);
        }
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string_view const argument = arguments[i];
        if (!argument.starts_with("--")) {
            out.arguments.emplace_back(argument);
            continue;
        }
        auto const equals = argument.find('=');
        auto const name =
            argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
        auto const* option = find(options, name);
        if (option == nullptr) return unknown(options, name, "--");
        if (option->secret) {
            return fail(
                Errc::invalid,
                fmt::format(
                    "--{} would be visible to every user of this host: set {} instead",
                    name,
                    option->variable
                )
            );
        }
        auto& value = out.values[std::string(name)];
        if (equals != std::string_view::npos) {
            value = argument.substr(equals + 1);
        } else if (option->parameter.empty()) {
            value = "true";
        } else if (++i < arguments.size()) {
            value = arguments[i];
        } else {
            return fail(
                Errc::invalid, fmt::format("--{} needs a value: {}", name, option->parameter)
            );
        }
    }
    return out;
}

std::string help_text(std::span<Option const> options) {
    std::string out;
    for (auto const& option : options) {
        auto left = option.secret ? std::string(option.variable) : fmt::format("--{}", option.name);
        if (!option.parameter.empty() && !option.secret)
            left += fmt::format(" {}", option.parameter);
        out += fmt::format("  {:<30} {}", left, option.help);
        if (!option.fallback.empty()) out += fmt::format(" (default {})", option.fallback);
        if (!option.variable.empty() && !option.secret)
            out += fmt::format(" [{}]", option.variable);
        out += "\n";
    }
    return out;
}

std::string shown(std::span<Option const> options, Settings const& settings) {
    std::string out;
    for (auto const& option : options) {
        auto const& value = settings.text(option.name);
        out += fmt::format(
            "{}: {}\n", option.name, option.secret && !value.empty() ? "(secret)" : value
        );
    }
    return out;
}

} // namespace kontena::sys
