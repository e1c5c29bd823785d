#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The command line as data: what each command takes, the parser, and the help made from it.
/// Pure. The grammar is that of the original client: options stand before or behind the
/// parameters of a command, `--` ends them, `-it` is `-i -t`, `--[no-]name` has both forms.
namespace kontena::cli::args {

struct Option {
    std::string_view name;  ///< without dashes: `token`
    std::string_view value; ///< name of its value; empty makes it a flag
    std::string_view help;
    char letter = '\0';             ///< the short form
    bool many = false;              ///< may be repeated
    bool negatable = false;         ///< a flag with `--no-name`
    std::string_view env = {};      ///< an environment variable that stands in for it
    std::string_view fallback = {}; ///< its value when nothing is said
    bool hidden = false;            ///< not in the help: for the program itself
};

enum class Need { one, maybe, some, any };

struct Param {
    std::string_view name;
    std::string_view help;
    Need need = Need::one;
};

/// One command. `words` is its full name: `grid create`.
struct Command {
    std::string_view words;
    std::string_view summary;
    std::span<Option const> options = {};
    std::span<Param const> params = {};
    std::string_view alias = {}; ///< another last word: `ls`
};

/// What the user said.
class Values {
public:
    bool flag(std::string_view option) const;
    std::optional<std::string> get(std::string_view name) const;

    /// Of something that has a fallback or is required.
    std::string text(std::string_view name) const { return get(name).value_or(""); }

    std::vector<std::string> all(std::string_view name) const;

    bool has(std::string_view name) const { return values_.contains(name); }

    void set(std::string_view name, std::string value);
    void add(std::string_view name, std::string value);

private:
    std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// Run the command with the values.
struct Run {
    std::size_t command = 0; ///< its index in the table
    Values values;
    bool debug = false;
};

/// Show help for the words (a command or a group; empty = everything).
struct Help {
    std::string words;
};

struct Version {};

/// Wrong usage; `path` is how far the words made sense.
struct UsageError {
    std::string path;
    std::string message;
};

using Outcome = std::variant<Run, Help, Version, UsageError>;
using EnvLookup = std::function<std::optional<std::string>(std::string_view)>;

/// `words` without the program's name.
Outcome parse(
    std::span<Command const> commands, std::vector<std::string> const& words, EnvLookup const& env
);

/// Help of a command, of a group, or of the whole program.
std::string help(std::span<Command const> commands, std::string_view words);

/// The three lines for stderr.
std::string render(UsageError const& error);

} // namespace kontena::cli::args
