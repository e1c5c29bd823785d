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

/// A list or map in brackets, as far as it goes on the line.
std::string_view collection(std::string_view rest) {
    int depth = 0;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (rest[i] == '[' || rest[i] == '{') ++depth;
        if ((rest[i] == ']' || rest[i] == '}') && --depth == 0) return rest.substr(0, i + 1);
    }
    return core::trim(rest);
}

/// The value or key at the start of `rest`.
std::string_view offending(std::string_view rest) {
    if (rest.empty()) return rest;
    if (rest.front() == '"' || rest.front() == '\'') {
        auto const end = rest.find(rest.front(), 1);
        return rest.substr(0, end == std::string_view::npos ? end : end + 1);
    }
    if (rest.front() == '[' || rest.front() == '{') return collection(rest);
    auto end = rest.size();
    for (std::string_view const stop : {": ", " #", ", ", "]", "}"})
        end = std::min({end, rest.find(stop)});
    auto out = core::trim(rest.substr(0, end));
    if (out.ends_with(':')) out.remove_suffix(1);
    return out.empty() ? rest.substr(0, 1) : out;
}

/// Control characters and broken UTF-8 would reach the terminal.
std::string printable(std::string_view given) {
    auto const text = well_formed(given);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const c = static_cast<unsigned char>(text[i]);
        bool const c1 = c == 0xC2 && i + 1 < text.size() &&
                        (static_cast<unsigned char>(text[i + 1]) & 0xE0U) == 0x80U;
        if ((c < 0x20 && c != '\t') || c == 0x7F || c1) {
            out += '?';
            if (c1) ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

constexpr int kBefore = 80;            ///< characters of a long line in front of the place
constexpr std::size_t kWidth = 160;    ///< characters that are shown of a line
constexpr std::size_t kMessage = 2000; ///< bytes that are shown of a message

std::string clipped(std::string_view text) {
    if (text.size() <= kMessage) return printable(text);
    auto end = kMessage;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return printable(text.substr(0, end)) + "…";
}

std::string excerpt(core::Issue const& issue, std::string_view line, Style style, Colour colour) {
    auto column = issue.column;
    std::string_view lead;
    if (column > kBefore + 1) {
        line.remove_prefix(byte_of(line, column - kBefore));
        column = kBefore + 1;
        lead = "…";
    }
    auto const start = byte_of(line, column);
    auto const shown = line.substr(0, byte_of(line, int(kWidth)));
    auto const words = offending(shown.substr(std::min(start, shown.size())));
    std::string blanks(lead.empty() ? 0 : 1, ' ');
    for (char const c : line.substr(0, start))
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) blanks += c == '\t' ? '\t' : ' ';
    auto const width = std::max<std::size_t>(core::count_code_points(words), 1);
    return fmt::format(
        "{:>5} | {}{}{}\n      | {}{}\n",
        issue.line,
        lead,
        printable(shown),
        shown.size() < line.size() ? "…" : "",
        blanks,
        style(colour, "^" + std::string(width - 1, '~'))
    );
}

using Lines = std::vector<std::string_view>;

std::string one(core::Issue const& issue, Lines const& lines, Style style, Colour colour) {
    auto out = clipped(to_string(issue)) + "\n";
    auto const known = issue.line > 0 && static_cast<std::size_t>(issue.line) <= lines.size();
    if (!known || issue.column <= 0) return out;
    auto line = lines[static_cast<std::size_t>(issue.line) - 1];
    while (line.ends_with('\r')) line.remove_suffix(1);
    return out + excerpt(issue, line, style, colour);
}

Lines lines_of(std::string_view text) {
    return text.empty() ? Lines{} : Lines(core::split(text, '\n'));
}

} // namespace

std::string well_formed(std::string_view text) {
    std::string out;
    for (auto bad = core::find_invalid_utf8(text); bad != std::string_view::npos;
         bad = core::find_invalid_utf8(text)) {
        out.append(text.substr(0, bad)).append("\xEF\xBF\xBD");
        text.remove_prefix(bad + 1);
    }
    return out.append(text);
}

std::string_view words_at(std::string_view line, int column) {
    while (line.ends_with('\r')) line.remove_suffix(1);
    return offending(line.substr(byte_of(line, column)));
}

std::string
issues(std::vector<core::Issue> const& issues, std::string_view text, Style style, Colour colour) {
    auto const lines = lines_of(text);
    std::string out;
    for (auto const& issue : issues) out += one(issue, lines, style, colour);
    return out;
}

std::string issues(
    std::vector<core::Issue> const& list,
    std::map<std::string, std::string> const& texts,
    Style style,
    Colour colour
) {
    std::map<std::string, Lines> lines;
    for (auto const& [file, text] : texts) lines.emplace(file, lines_of(text));
    std::string out;
    for (auto const& issue : list) out += one(issue, lines[issue.file], style, colour);
    return out;
}

std::string error(core::Error const& error, Style style) {
    std::string out = fmt::format(" [{}] ", style(Colour::red, "error"));
    for (auto const& doing : error.context | std::views::reverse) out += doing + ": ";
    out += clipped(error.message) + "\n";
    for (auto const& issue : error.issues) {
        auto const text = to_string(issue);
        bool const told = error.message.find(text) != std::string::npos;
        if (!told) out += "  " + clipped(text) + "\n";
    }
    return out;
}

std::string warning(std::string_view message, Style style) {
    return fmt::format(" [{}] {}\n", style(Colour::yellow, "warn"), message);
}

} // namespace kontena::cli::render
