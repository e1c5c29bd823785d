#include "stackfile/interpolate.hpp"

#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

namespace kontena::stackfile {
namespace {

bool name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The `$name` or `${name}` at the start of `text`; the braces need not pair.
struct Reference {
    std::size_t length = 0; ///< 0: there is none
    std::string_view name;
};

Reference reference_at(std::string_view text, char before) {
    if (before == '$') return {};
    std::size_t at = 1;
    if (at < text.size() && text[at] == '{') ++at;
    auto const start = at;
    while (at < text.size() && name_character(text[at])) ++at;
    if (at == start) return {};
    auto const name = text.substr(start, at - start);
    if (at < text.size() && text[at] == '}') ++at;
    return {at, name};
}

bool is_control(char c) {
    auto const code = static_cast<unsigned char>(c);
    return (code < 0x20 && c != '\t') || code == 0x7F;
}

std::string escape_double_quoted(std::string_view value) {
    std::string out;
    for (char const c : value) {
        switch (c) {
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        default:
            if (is_control(c)) {
                out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
            } else {
                out += c;
            }
        }
    }
    return out;
}

/// A value as YAML flow text: `["a", "b"]`.
std::string flow_text(Value const& value) {
    if (auto const* list = std::get_if<List>(&value)) {
        std::string out = "[";
        for (auto const& item : *list) out += (out.size() > 1 ? ", " : "") + flow_text(item);
        return out + "]";
    }
    if (is_null(value)) return "null";
    if (std::holds_alternative<std::string>(value))
        return '"' + escape_double_quoted(to_text(value)) + '"';
    return to_text(value);
}

bool has_special(std::string_view text) {
    return text.find_first_of("\r\n\"'|") != std::string_view::npos ||
           std::ranges::any_of(text, is_control);
}

/// Where in its line a reference stands, as far as quoting depends on it.
enum class Position { whole_scalar, in_double_quotes, in_single_quotes, elsewhere };

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Follows YAML along one line, up to a reference.
class LineScan {
public:
    explicit LineScan(std::string_view before) {
        for (std::size_t i = 0; i < before.size() && !comment_; ++i) {
            auto const next = i + 1 < before.size() ? before[i + 1] : '\0';
            auto const last = i > 0 ? before[i - 1] : ' ';
            if (quote_ != '\0') {
                i += quoted(before[i], next);
            } else {
                plain(before[i], last, next);
            }
        }
    }

    Position position(std::string_view before, std::string_view after) const {
        if (quote_ == '"') return Position::in_double_quotes;
        if (quote_ == '\'') return Position::in_single_quotes;
        auto const rest = core::trim(after);
        auto const ends =
            rest.empty() || (rest.front() == '#' && after.front() != '#') ||
            (depth_ > 0 && std::string_view(",]}").find(rest.front()) != std::string_view::npos);
        auto const begins = start_ && !comment_ && !core::trim(before).empty();
        return begins && ends ? Position::whole_scalar : Position::elsewhere;
    }

private:
    /// The number of characters that belong to this one.
    std::size_t quoted(char c, char next) {
        if (quote_ == '"' && c == '\\') return 1;
        if (quote_ == '\'' && c == '\'' && next == '\'') return 1;
        if (c == quote_) quote_ = '\0';
        return 0;
    }

    void plain(char c, char last, char next) {
        if (is_blank(c)) return;
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
            start_ = is_blank(next);
        } else {
            auto const key_ends = c == ':' && (is_blank(next) || (depth_ > 0 && last == '"'));
            start_ = key_ends || (depth_ > 0 && c == ',');
        }
    }

    char quote_ = '\0'; ///< that is open
    int depth_ = 0;     ///< of flow collections that the line opens
    bool start_ = true; ///< the next character begins a scalar
    bool comment_ = false;
};

Position position_of(std::string_view before, std::string_view after) {
    return LineScan(before).position(before, after);
}

/// YAML would not read this plain scalar as the text that it is.
bool unsafe_plain(std::string_view value) {
    auto const open_list = value.starts_with('[') && !value.ends_with(']');
    auto const open_map = value.starts_with('{') && !value.ends_with('}');
    return open_list || open_map || value.find(": ") != std::string_view::npos ||
           value.find(" #") != std::string_view::npos || value.ends_with(':') ||
           std::string_view("*&!%@`#>").find(value.front()) != std::string_view::npos ||
           value.starts_with("- ") || value.starts_with("? ") || core::trim(value) != value;
}

/// For between single quotes, where a line end cannot be written.
std::optional<std::string> escape_single_quoted(std::string_view text) {
    if (std::ranges::any_of(text, is_control)) return std::nullopt;
    std::string out;
    for (char const c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out;
}

/// The text to put in for a value, so that YAML reads that value. Lists are flow sequences, which
/// are values only where they stand alone.
std::string insertion(Value const& value, std::string_view before, std::string_view after) {
    auto const text = is_list(value) ? flow_text(value) : to_text(value);
    auto const is_string = std::holds_alternative<std::string>(value);
    if (text.empty() || !(is_string || is_list(value))) return text;
    auto const position = position_of(before, after);
    if (position == Position::in_double_quotes) return escape_double_quoted(text);
    if (position == Position::in_single_quotes)
        if (auto const escaped = escape_single_quoted(text)) return *escaped;
    auto const alone = position == Position::whole_scalar;
    auto const quote = is_string && (has_special(text) || (alone && unsafe_plain(text)));
    return quote ? '"' + escape_double_quoted(text) + '"' : text;
}

std::string too_long() {
    return fmt::format(
        "with variables replaced, the text has more than {} bytes", kMaxInterpolated
    );
}

class Interpolation {
public:
    /// What to put in for a reference; nullopt leaves it as it stands.
    using Replace = std::function<std::optional<std::string>(
        Reference const& reference,
        std::size_t offset,
        std::string_view before,
        std::string_view after,
        bool comment
    )>;

    Interpolation(MappedText const& source, Replace replace)
        : source_(source)
        , replace_(std::move(replace)) {}

    MappedText run() {
        std::string_view const text = source_.text();
        std::size_t start = 0;
        while (start <= text.size()) {
            auto const end = std::min(text.find('\n', start), text.size());
            line(text, start, end);
            if (end == text.size()) break;
            out_.copy(source_, end, 1);
            start = end + 1;
        }
        return std::move(out_);
    }

private:
    void line(std::string_view text, std::size_t start, std::size_t end) {
        auto const content = core::trim(text.substr(start, end - start));
        auto const comment = content.starts_with('#');
        auto const own_template =
            content.starts_with("interpolate:") || content.starts_with("evaluate:");
        auto copied = start;
        for (auto at = start; at < end;) {
            if (text[at] != '$') {
                ++at;
            } else if (at + 1 < end && text[at + 1] == '$') {
                out_.copy(source_, copied, at + 1 - copied);
                at += 2;
                copied = at;
            } else {
                auto const before = at > start ? text[at - 1] : '\0';
                auto const found =
                    own_template ? Reference{} : reference_at(text.substr(at, end - at), before);
                auto const replacement =
                    found.length == 0 ? std::nullopt
                                      : replace_(
                                            found,
                                            at,
                                            text.substr(start, at - start),
                                            text.substr(at + found.length, end - at - found.length),
                                            comment
                                        );
                if (replacement) {
                    out_.copy(source_, copied, at - copied);
                    out_.insert(*replacement, source_, at);
                    copied = at + found.length;
                }
                at += std::max<std::size_t>(found.length, 1);
            }
        }
        out_.copy(source_, copied, end - copied);
    }

    MappedText const& source_;
    Replace replace_;
    MappedText out_;
};

} // namespace

MappedText interpolate(
    MappedText const& source, LineIndex const& original, Names const& names, Report& report
) {
    std::set<std::string, std::less<>> told;
    auto room = kMaxInterpolated - std::min(source.text().size(), kMaxInterpolated);
    auto fits = true;
    auto const replace = [&](Reference const& reference,
                             std::size_t offset,
                             std::string_view before,
                             std::string_view after,
                             bool comment) -> std::optional<std::string> {
        auto const place = original.place(source.origin(offset));
        if (names.broken.contains(reference.name)) {
            report.taint(place.line);
            return "";
        }
        auto const value = names.lookup(reference.name);
        if (!value && comment) return std::nullopt;
        if (!value && report.full()) return "";
        if (!value) {
            auto hint = core::suggestion(reference.name, names.declared);
            if (hint.empty()) hint = ": declare it under variables:, or write $$ for a dollar sign";
            report.template_error(
                "", place, fmt::format("Undeclared variable '{}'{}", reference.name, hint)
            );
            return "";
        }
        auto text = insertion(*value, before, after);
        if (text.size() > room) {
            if (fits) report.template_error("", place, too_long());
            fits = false;
            return "";
        }
        room -= text.size();
        if (text.empty() && !comment && told.emplace(reference.name).second) {
            report.warn(
                "",
                place,
                fmt::format("no value is set for '{}': an empty string is used", reference.name)
            );
        }
        return text;
    };
    return Interpolation(source, replace).run();
}

MappedText interpolate_definitions(MappedText const& source, Lookup const& builtins) {
    auto room = kMaxInterpolated - std::min(source.text().size(), kMaxInterpolated);
    auto const replace = [&](Reference const& reference,
                             std::size_t,
                             std::string_view before,
                             std::string_view after,
                             bool) -> std::optional<std::string> {
        auto const value = builtins(reference.name);
        auto text = value ? insertion(*value, before, after) : std::string();
        if (text.size() > room) return ""; // the same is an error where the whole text is read
        room -= text.size();
        return text;
    };
    return Interpolation(source, replace).run();
}

core::Result<std::string> expand(
    std::string_view text,
    std::function<core::Result<std::string>(std::string_view name)> const& value
) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (text.substr(at).starts_with("$$")) {
            out += '$';
            at += 2;
            continue;
        }
        auto const before = at > 0 ? text[at - 1] : '\0';
        auto const found = text[at] == '$' ? reference_at(text.substr(at), before) : Reference{};
        if (found.length == 0) {
            out += text[at++];
            continue;
        }
        KTRY(auto const inserted, value(found.name));
        if (out.size() + inserted.size() > kMaxInterpolated)
            return core::fail(core::Errc::invalid, too_long());
        out += inserted;
        at += found.length;
    }
    return out;
}

} // namespace kontena::stackfile
