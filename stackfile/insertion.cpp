#include "stackfile/insertion.hpp"

#include "core/base/escape.hpp"
#include "core/base/strings.hpp"

#include <algorithm>
#include <optional>

namespace kontena::stackfile {
namespace {

/// A value as YAML flow text: `["a", "b"]`.
std::string flow_text(Value const& value) {
    if (auto const* list = std::get_if<List>(&value)) {
        std::string out = "[";
        for (auto const& item : *list) out += (out.size() > 1 ? ", " : "") + flow_text(item);
        return out + "]";
    }
    if (is_null(value)) return "null";
    if (std::holds_alternative<std::string>(value))
        return '"' + core::escaped(to_text(value)) + '"';
    return to_text(value);
}

bool has_special(std::string_view text) {
    return text.find_first_of("\"'|") != std::string_view::npos || core::has_unprintable(text);
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// YAML would not read this plain scalar as the text that it is.
bool unsafe_plain(std::string_view value) {
    auto const open_list = value.starts_with('[') && !value.ends_with(']');
    auto const open_map = value.starts_with('{') && !value.ends_with('}');
    // A whole list or map is put in as one: `environment: ${v}`.
    bool const collection = value.starts_with('[') || value.starts_with('{');
    if (collection && !open_list && !open_map) return false;
    return open_list || open_map || value.find(": ") != std::string_view::npos ||
           value.find(" #") != std::string_view::npos || value.ends_with(':') ||
           std::string_view("*&!%@`#>").find(value.front()) != std::string_view::npos ||
           value.starts_with("- ") || value.starts_with("? ") || core::trim(value) != value;
}

/// For between single quotes, where a line end cannot be written.
std::optional<std::string> escape_single_quoted(std::string_view text) {
    if (core::has_unprintable(text)) return std::nullopt;
    std::string out;
    for (char const c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out;
}

} // namespace

Position LineScan::position(std::size_t start, std::size_t end) {
    follow(start);
    if (quote_ == '"') return Position::in_double_quotes;
    if (quote_ == '\'') return Position::in_single_quotes;
    auto const after = line_.substr(end);
    auto const next = std::min(after.find_first_not_of(" \t"), after.size());
    auto const ends =
        next == after.size() || (after[next] == '#' && next > 0) ||
        (depth_ > 0 && std::string_view(",]}").find(after[next]) != std::string_view::npos);
    return start_ && content_ && !comment_ && ends ? Position::whole_scalar : Position::elsewhere;
}

void LineScan::follow(std::size_t end) {
    for (; at_ < end && !comment_; ++at_) {
        auto const next = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
        auto const last = at_ > 0 ? line_[at_ - 1] : ' ';
        if (quote_ != '\0') {
            at_ += quoted(line_[at_], next);
        } else {
            plain(line_[at_], last, next);
        }
    }
}

/// The number of further characters that belong to this one.
std::size_t LineScan::quoted(char c, char next) {
    if (quote_ == '"' && c == '\\') return 1;
    if (quote_ == '\'' && c == '\'' && next == '\'') return 1;
    if (c == quote_) quote_ = '\0';
    return 0;
}

void LineScan::plain(char c, char last, char next) {
    if (is_blank(c)) return;
    content_ = true;
    if (c == '#' && is_blank(last)) {
        comment_ = true;
    } else if (start_ && (c == '"' || c == '\'')) {
        quote_ = c;
        start_ = false;
    } else if (start_ && (c == '[' || c == '{')) {
        ++depth_;
    } else if (depth_ > 0 && (c == ']' || c == '}')) {
        --depth_;
        start_ = false;
    } else if (start_ && (c == '-' || c == '?')) {
        start_ = is_blank(next) || next == '\0';
    } else {
        auto const key_ends = c == ':' && (is_blank(next) || (depth_ > 0 && last == '"'));
        start_ = key_ends || (depth_ > 0 && c == ',');
    }
}

namespace {

/// The column that a block scalar is indented from, when the line ends in its header: of the key,
/// or of the dash of a list item.
std::optional<std::size_t> block_opener(std::string_view line) {
    auto end = line.find_last_not_of(" \t");
    if (end == std::string_view::npos) return std::nullopt;
    auto header = end;
    while (header > 0 &&
           std::string_view("+-123456789").find(line[header]) != std::string_view::npos)
        --header;
    bool const marked = end - header <= 2 && (line[header] == '|' || line[header] == '>');
    if (!marked || header == 0 || !is_blank(line[header - 1])) return std::nullopt;
    auto const before = core::trim(line.substr(0, header));
    if (!before.ends_with(':') && !before.ends_with('-')) return std::nullopt;
    auto column = line.find_first_not_of(' ');
    auto dash = column;
    while (line.substr(column).starts_with("- ")) {
        dash = column;
        column = line.find_first_not_of(' ', column + 1);
    }
    return column == header ? dash : column;
}

} // namespace

bool BlockScalars::inside(std::string_view line) {
    auto const text = line.find_first_not_of(" \t\r");
    if (opener_ && (text == std::string_view::npos || text > *opener_)) return true;
    opener_ = block_opener(line);
    return false;
}

std::string insertion(Value const& value, Position position) {
    auto const text = is_list(value) ? flow_text(value) : to_text(value);
    auto const is_string = std::holds_alternative<std::string>(value);
    if (text.empty() || !(is_string || is_list(value))) return text;
    if (position == Position::in_double_quotes) return core::escaped(text);
    if (position == Position::in_single_quotes)
        if (auto const escaped = escape_single_quoted(text)) return *escaped;
    auto const alone = position == Position::whole_scalar;
    auto const quote = is_string && (has_special(text) || (alone && unsafe_plain(text)));
    return quote ? '"' + core::escaped(text) + '"' : text;
}

} // namespace kontena::stackfile
