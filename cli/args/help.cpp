#include "cli/args/args.hpp"
#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::cli::args {
namespace {

constexpr std::size_t kLabelWidth = 29;

void row(std::string& out, std::string_view label, std::string_view text) {
    out += fmt::format("    {:<{}} {}\n", label, kLabelWidth, text);
}

std::string param_label(Param const& param) {
    switch (param.need) {
    case Need::one:
        return std::string(param.name);
    case Need::maybe:
        return fmt::format("[{}]", param.name);
    case Need::some:
        return fmt::format("{} ...", param.name);
    case Need::any:
        return fmt::format("[{}] ...", param.name);
    }
    return {};
}

std::string option_label(Option const& option) {
    auto const letter = option.letter == '\0' ? "" : fmt::format("-{}, ", option.letter);
    auto const value = option.value.empty() ? "" : fmt::format(" {}", option.value);
    return fmt::format("{}--{}{}{}", letter, option.negatable ? "[no-]" : "", option.name, value);
}

std::string option_text(Option const& option) {
    std::string out(option.help);
    if (option.many) out += " (may be repeated)";
    std::string from;
    if (!option.env.empty()) from = fmt::format("${}", option.env);
    if (!option.fallback.empty())
        from += fmt::format("{}{}", from.empty() ? "" : ", or ", option.fallback);
    return from.empty() ? out : fmt::format("{} (default: {})", out, from);
}

void common_options(std::string& out) {
    row(out, "-h, --help", "print help");
    row(out, "-D, --[no-]debug", "show requests and replies");
}

std::string command_help(Command const& command) {
    std::string out = fmt::format("Usage:\n    kontena {} [OPTIONS]", command.words);
    for (auto const& param : command.params) out += " " + param_label(param);
    out += fmt::format("\n\n  {}\n", command.summary);
    if (!command.params.empty()) out += "\nParameters:\n";
    for (auto const& param : command.params) row(out, param_label(param), param.help);
    out += "\nOptions:\n";
    for (auto const& option : command.options)
        if (!option.hidden) row(out, option_label(option), option_text(option));
    common_options(out);
    return out;
}

/// What the next word may be, with the summary of a command or the commands of a group.
std::vector<std::pair<std::string, std::string>>
next_words(std::span<Command const> commands, std::size_t depth) {
    std::vector<std::pair<std::string, std::string>> out;
    for (auto const& command : commands) {
        auto const words = core::split(command.words, ' ');
        auto const leaf = words.size() == depth + 1;
        auto label = std::string(words[depth]);
        if (leaf && !command.alias.empty()) label += fmt::format(", {}", command.alias);
        if (leaf) {
            out.emplace_back(label, command.summary);
        } else if (out.empty() || out.back().first != label) {
            out.emplace_back(label, std::string(words[depth + 1]));
        } else {
            out.back().second += fmt::format(", {}", words[depth + 1]);
        }
    }
    return out;
}

} // namespace

std::string help(std::span<Command const> commands, std::string_view words) {
    std::vector<Command> group;
    for (auto const& command : commands) {
        if (command.words == words) return command_help(command);
        auto const below = words.empty() || (command.words.starts_with(words) &&
                                             command.words.substr(words.size()).starts_with(' '));
        if (below) group.push_back(command);
    }
    if (group.empty()) return help(commands, "");
    auto const name = words.empty() ? "kontena" : fmt::format("kontena {}", words);
    auto out = fmt::format("Usage:\n    {} [OPTIONS] SUBCOMMAND [ARG] ...\n\nSubcommands:\n", name);
    auto const depth = words.empty() ? std::size_t{0} : core::split(words, ' ').size();
    for (auto const& [label, text] : next_words(group, depth)) row(out, label, text);
    out += "\nOptions:\n";
    if (words.empty()) row(out, "-v, --version", "print the version");
    common_options(out);
    return out;
}

} // namespace kontena::cli::args
