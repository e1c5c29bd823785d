#pragma once

#include "core/base/result.hpp"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The settings of a daemon: `--name VALUE` on the command line, else an environment variable,
/// else a `name: value` line of its configuration file, else the default. Pure: the caller brings
/// arguments, environment and the text of the file.
namespace kontena::sys {

struct Option {
    std::string_view name;      ///< without the dashes; also the key in the file
    std::string_view variable;  ///< environment variable, may be empty
    std::string_view parameter; ///< "FILE", "SECONDS"; empty for a switch
    std::string_view fallback;
    std::string_view help;
    bool secret = false; ///< only from the environment or the file, never shown
};

using Environment = std::function<std::optional<std::string>(std::string const& name)>;

class Settings {
public:
    std::string const& text(std::string_view name) const;
    bool flag(std::string_view name) const;
    core::Result<std::int64_t>
    number(std::string_view name, std::int64_t min, std::int64_t max) const;

    std::map<std::string, std::string, std::less<>> values;
    std::vector<std::string> arguments; ///< what is no option
};

/// An unknown option or key is an error with a suggestion. `file` is the text of a YAML mapping
/// already taken apart.
core::Result<Settings> read_settings(
    std::span<Option const> options,
    std::vector<std::string> const& arguments,
    Environment const& environment,
    std::map<std::string, std::string> const& file
);

/// The options with their defaults, for `--help`.
std::string help_text(std::span<Option const> options);
/// `name: value` lines with secrets masked, for `--print-config`.
std::string shown(std::span<Option const> options, Settings const& settings);

} // namespace kontena::sys
