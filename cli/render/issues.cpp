#include "cli/render/issues.hpp"

#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace kontena::cli::render {
namespace {

/// Byte offset of the n-th character.
std::size_t byte_of(std::string_view line, int column) {
    std::size_t at = 0;
    for (int i = 1; i < column && at < line.size(); ++i) {
        ++at;
        while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U) ++at;
    }
    return at;
}

/// The value or key at the start of `rest`.
std::string_view offending(std::string_view rest) {
    if (rest.empty()) return rest;
    if (rest.front() == '"' || rest.front() == '\'') {
        auto const end = rest.find(rest.front(), 1);
        return rest.substr(0, end == std::string_view::npos ? end : end + 1);
    }
    auto end = rest.size();
    for (std::string_view const stop : {": ", " #", ", ", "]", "}"})
        end = std::min({end, rest.find(stop)});
    auto out = core::trim(rest.substr(0, end));
    if (out.ends_with(':')) out.remove_suffix(1);
    return out.empty() ? rest.substr(0, 1) : out;
}

std::string excerpt(core::Issue const& issue, std::string_view line, Style style, Colour colour) {
    auto const start = byte_of(line, issue.column);
    auto const words = offending(line.substr(std::min(start, line.size())));
    std::string blanks;
    for (char const c : line.substr(0, start))
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) blanks += c == '\t' ? '\t' : ' ';
    auto const width = std::max<std::size_t>(core::count_code_points(words), 1);
    return fmt::format(
        "{:>5} | {}\n      | {}{}\n",
        issue.line,
        line,
        blanks,
        style(colour, "^" + std::string(width - 1, '~'))
    );
}

} // namespace

std::string
issues(std::vector<core::Issue> const& issues, std::string_view text, Style style, Colour colour) {
    auto const lines = core::split(text, '\n');
    std::string out;
    for (auto const& issue : issues) {
        out += to_string(issue) + "\n";
        auto const known = issue.line > 0 && static_cast<std::size_t>(issue.line) <= lines.size();
        if (!text.empty() && known && issue.column > 0) {
            auto line = lines[static_cast<std::size_t>(issue.line) - 1];
            while (line.ends_with('\r')) line.remove_suffix(1);
            out += excerpt(issue, line, style, colour);
        }
    }
    return out;
}

std::string issues(
    std::vector<core::Issue> const& list,
    std::map<std::string, std::string> const& texts,
    Style style,
    Colour colour
) {
    std::string out;
    for (auto const& issue : list) {
        auto const text = texts.find(issue.file);
        out += issues(
            std::vector{issue},
            text == texts.end() ? std::string_view{} : text->second,
            style,
            colour
        );
    }
    return out;
}

std::string error(core::Error const& error, Style style) {
    std::string out = fmt::format(" [{}] ", style(Colour::red, "error"));
    for (auto const& doing : error.context | std::views::reverse) out += doing + ": ";
    out += error.message + "\n";
    for (auto const& issue : error.issues) out += "  " + to_string(issue) + "\n";
    return out;
}

std::string warning(std::string_view message, Style style) {
    return fmt::format(" [{}] {}\n", style(Colour::yellow, "warn"), message);
}

} // namespace kontena::cli::render
