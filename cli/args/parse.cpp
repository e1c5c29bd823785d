#include "cli/args/args.hpp"
#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace kontena::cli::args {
namespace {

bool truthy(std::string_view text) {
    static constexpr std::array<std::string_view, 5> kTrue{"1", "yes", "enable", "on", "true"};
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return std::ranges::find(kTrue, lower) != kTrue.end();
}

std::vector<std::string_view> words_of(Command const& command) {
    return core::split(command.words, ' ');
}

/// True when the words typed so far lead to the command, its alias counted.
bool leads_to(Command const& command, std::span<std::string const> typed) {
    auto const own = words_of(command);
    if (typed.size() > own.size()) return false;
    for (std::size_t i = 0; i < typed.size(); ++i) {
        auto const last = i + 1 == own.size();
        if (typed[i] != own[i] && !(last && !command.alias.empty() && typed[i] == command.alias))
            return false;
    }
    return true;
}

std::string unknown_word(
    std::span<Command const> commands, std::span<std::string const> group, std::string const& word
) {
    std::set<std::string_view> next;
    for (auto const& command : commands) {
        if (!leads_to(command, group)) continue;
        auto const own = words_of(command);
        if (own.size() > group.size()) next.insert(own[group.size()]);
    }
    std::vector<std::string_view> const known(next.begin(), next.end());
    return fmt::format("No such sub-command '{}'", word) + core::suggestion(word, known);
}

/// Raised inside the parser of one command only.
struct Wrong {
    std::string message;
};

/// Parses the words behind a command's name.
class CommandParser {
public:
    CommandParser(Command const& command, EnvLookup const& env)
        : command_(command)
        , env_(env) {}

    bool help() const { return help_; }

    bool debug() const { return debug_; }

    Values take() { return std::move(values_); }

    void parse(std::span<std::string const> words) {
        bool options = true;
        for (std::size_t i = 0; i < words.size(); ++i) {
            std::string_view const word = words[i];
            if (options && word == "--") {
                options = false;
            } else if (options && word.starts_with("--")) {
                long_option(word.substr(2), words, i);
            } else if (options && word.size() > 1 && word.front() == '-') {
                short_options(word, words, i);
            } else {
                positional_.emplace_back(word);
            }
        }
        if (help_) return;
        assign_params();
        defaults();
    }

private:
    Option const* by_name(std::string_view name) const {
        auto const found = std::ranges::find(command_.options, name, &Option::name);
        return found == command_.options.end() ? nullptr : &*found;
    }

    void store(Option const& option, std::string value) {
        if (option.many)
            values_.add(option.name, std::move(value));
        else
            values_.set(option.name, std::move(value));
    }

    std::string
    next_value(std::string_view shown, std::span<std::string const> words, std::size_t& i) {
        if (i + 1 >= words.size())
            throw Wrong{fmt::format("option '{}': no value provided", shown)};
        return words[++i];
    }

    [[noreturn]] void unknown_option(std::string_view shown) const {
        std::vector<std::string> names{"--help", "--debug"};
        for (auto const& option : command_.options)
            names.push_back(fmt::format("--{}", option.name));
        std::vector<std::string_view> const known(names.begin(), names.end());
        throw Wrong{
            fmt::format("Unrecognised option '{}'", shown) + core::suggestion(shown, known)
        };
    }

    void long_option(std::string_view text, std::span<std::string const> words, std::size_t& i) {
        auto const equals = text.find('=');
        auto const name = text.substr(0, equals);
        auto const given = equals != std::string_view::npos;
        auto const value = given ? text.substr(equals + 1) : std::string_view{};
        auto const shown = fmt::format("--{}", name);
        if (name == "help") {
            help_ = true;
        } else if (name == "debug" || name == "no-debug") {
            debug_ = name == "debug";
        } else if (auto const* option = by_name(name); option != nullptr) {
            if (!option->value.empty()) {
                store(*option, given ? std::string(value) : next_value(shown, words, i));
            } else if (given) {
                throw Wrong{fmt::format("option '{}' takes no value", shown)};
            } else {
                store(*option, "true");
            }
        } else if (auto const* negated =
                       name.starts_with("no-") ? by_name(name.substr(3)) : nullptr;
                   negated != nullptr && negated->negatable && !given) {
            store(*negated, "false");
        } else {
            unknown_option(shown);
        }
    }

    void short_options(std::string_view text, std::span<std::string const> words, std::size_t& i) {
        for (std::size_t at = 1; at < text.size(); ++at) {
            auto const shown = fmt::format("-{}", text[at]);
            if (text[at] == 'h') {
                help_ = true;
                continue;
            }
            if (text[at] == 'D') {
                debug_ = true;
                continue;
            }
            auto const option = std::ranges::find(command_.options, text[at], &Option::letter);
            if (option == command_.options.end()) unknown_option(at == 1 ? text : shown);
            if (option->value.empty()) {
                store(*option, "true");
                continue;
            }
            auto rest = text.substr(at + 1);
            store(*option, rest.empty() ? next_value(shown, words, i) : std::string(rest));
            return;
        }
    }

    [[noreturn]] void too_many(std::string const& word) const {
        auto const* file = by_name("file");
        auto const hint = command_.params.empty() && file != nullptr && !file->value.empty()
                              ? fmt::format("; did you mean '-{} {}'?", file->letter, word)
                              : "";
        throw Wrong{fmt::format("too many arguments: '{}'{}", word, hint)};
    }

    void assign_params() {
        std::size_t used = 0;
        for (auto const& param : command_.params) {
            auto const many = param.need == Need::some || param.need == Need::any;
            auto const needed = param.need == Need::one || param.need == Need::some;
            if (used == positional_.size() && needed)
                throw Wrong{fmt::format("parameter '{}': no value provided", param.name)};
            do {
                if (used == positional_.size()) break;
                values_.add(param.name, positional_[used++]);
            } while (many);
        }
        if (used < positional_.size()) too_many(positional_[used]);
    }

    void defaults() {
        for (auto const& option : command_.options) {
            if (values_.has(option.name)) continue;
            auto const said = option.env.empty() || !env_ ? std::nullopt : env_(option.env);
            if (said && !said->empty()) {
                store(option, option.value.empty() ? (truthy(*said) ? "true" : "false") : *said);
            } else if (!option.fallback.empty()) {
                store(option, std::string(option.fallback));
            }
        }
    }

    Command const& command_;
    EnvLookup const& env_;
    Values values_;
    std::vector<std::string> positional_;
    bool help_ = false;
    bool debug_ = false;
};

std::string join(std::span<std::string const> words) {
    return fmt::format("{}", fmt::join(words, " "));
}

/// `help WORD...`: of a group or a command, which may be named by its alias.
Outcome help_about(std::span<Command const> commands, std::span<std::string const> words) {
    std::vector<std::string> path;
    for (auto const& word : words) {
        if (word == "-h" || word == "--help" || word == "-D" || word == "--debug") continue;
        auto const group = path;
        path.push_back(word);
        if (std::ranges::none_of(commands, [&](auto const& c) { return leads_to(c, path); }))
            return UsageError{join(group), unknown_word(commands, group, word)};
    }
    auto const exact = std::ranges::find_if(commands, [&](Command const& command) {
        return words_of(command).size() == path.size() && leads_to(command, path);
    });
    return Help{exact == commands.end() ? join(path) : std::string(exact->words)};
}

} // namespace

bool Values::flag(std::string_view option) const { return get(option) == "true"; }

std::optional<std::string> Values::get(std::string_view name) const {
    auto const found = values_.find(name);
    if (found == values_.end() || found->second.empty()) return std::nullopt;
    return found->second.back();
}

std::vector<std::string> Values::all(std::string_view name) const {
    auto const found = values_.find(name);
    return found == values_.end() ? std::vector<std::string>{} : found->second;
}

void Values::set(std::string_view name, std::string value) {
    values_.insert_or_assign(std::string(name), std::vector{std::move(value)});
}

void Values::add(std::string_view name, std::string value) {
    values_[std::string(name)].push_back(std::move(value));
}

Outcome parse(
    std::span<Command const> commands, std::vector<std::string> const& given, EnvLookup const& env
) {
    std::span<std::string const> words(given);
    bool debug = false;
    // Words and global options in front of the command.
    std::size_t typed = 0;
    std::vector<std::string> path;
    for (; typed < words.size(); ++typed) {
        auto const& word = words[typed];
        if (word == "-h" || word == "--help") return Help{join(path)};
        if ((word == "-v" || word == "--version") && path.empty()) return Version{};
        if (word == "-D" || word == "--debug" || word == "--no-debug") {
            debug = word != "--no-debug";
            continue;
        }
        if (word.starts_with('-') && word.size() > 1)
            return UsageError{join(path), fmt::format("Unrecognised option '{}'", word)};
        auto const group = path;
        path.push_back(word);
        auto const exact = std::ranges::find_if(commands, [&](Command const& command) {
            return words_of(command).size() == path.size() && leads_to(command, path);
        });
        if (path.front() == "help" && exact != commands.end())
            return help_about(commands, words.subspan(typed + 1));
        if (exact != commands.end()) {
            CommandParser parser(*exact, env);
            try {
                parser.parse(words.subspan(typed + 1));
            } catch (Wrong& wrong) {
                return UsageError{join(path), std::move(wrong.message)};
            }
            if (parser.help()) return Help{std::string(exact->words)};
            return Run{
                static_cast<std::size_t>(exact - commands.begin()),
                parser.take(),
                debug || parser.debug(),
            };
        }
        if (std::ranges::none_of(commands, [&](auto const& c) { return leads_to(c, path); }))
            return UsageError{join(group), unknown_word(commands, group, word)};
    }
    return Help{join(path)};
}

std::string render(UsageError const& error) {
    auto const path = error.path.empty() ? "kontena" : "kontena " + error.path;
    return fmt::format("ERROR: {}\n\nSee: '{} --help'\n", error.message, path);
}

} // namespace kontena::cli::args
