#include "stackfile/interpolate.hpp"

#include "core/base/strings.hpp"
#include "stackfile/insertion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

namespace kontena::stackfile {
namespace {

constexpr std::string_view kEscaped = "$$";

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

std::string too_long() {
    return fmt::format(
        "with variables replaced, the text has more than {} bytes", kMaxInterpolated
    );
}

class Interpolation {
public:
    /// What to put in for a reference; nullopt leaves it as it stands.
    using Replace = std::function<std::optional<std::string>(
        Reference const& reference, std::size_t offset, Position position, bool comment
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
        bool const plain_text = blocks_.inside(text.substr(start, end - start));
        LineScan scan(text.substr(start, end - start));
        auto copied = start;
        for (auto at = start; at < end;) {
            if (text[at] != '$') {
                ++at;
            } else if (at + 1 < end && text[at + 1] == '$') {
                at += 2;
            } else {
                auto const before = at > start ? text[at - 1] : '\0';
                auto const found =
                    own_template ? Reference{} : reference_at(text.substr(at, end - at), before);
                auto const stop = at + found.length;
                std::optional<std::string> replacement;
                if (found.length > 0) {
                    auto const position = scan.position(at - start, stop - start);
                    replacement =
                        replace_(found, at, plain_text ? Position::elsewhere : position, comment);
                }
                if (replacement) {
                    out_.copy(source_, copied, at - copied);
                    out_.insert(*replacement, source_, at);
                    copied = stop;
                }
                at = std::max(stop, at + 1);
            }
        }
        out_.copy(source_, copied, end - copied);
    }

    MappedText const& source_;
    Replace replace_;
    BlockScalars blocks_;
    MappedText out_;
};

/// Every `$$` becomes `$`, whether it was written or came in with a value.
MappedText unescape(MappedText source) {
    auto const& text = source.text();
    auto at = text.find(kEscaped);
    if (at == std::string::npos) return source;
    MappedText out;
    std::size_t copied = 0;
    for (; at != std::string::npos; at = text.find(kEscaped, copied)) {
        out.copy(source, copied, at + 1 - copied);
        copied = at + kEscaped.size();
    }
    out.copy(source, copied, text.size() - copied);
    return out;
}

} // namespace

MappedText interpolate(
    MappedText const& source, LineIndex const& original, Names const& names, Report& report
) {
    std::set<std::string, std::less<>> told;
    auto room = kMaxInterpolated - std::min(source.text().size(), kMaxInterpolated);
    auto fits = true;
    auto const replace =
        [&](Reference const& reference, std::size_t offset, Position position, bool comment
        ) -> std::optional<std::string> {
        auto const place = original.place(source.origin(offset));
        // Where there is no value the name stands for it, so that the rest of the file is read: an
        // empty text would break YAML such as `image: web:${tag}`. The line is not looked at.
        auto stand_in = std::string(reference.name);
        if (names.broken.contains(reference.name)) {
            report.taint(place.line);
            return stand_in;
        }
        if (!fits) return "";
        auto const value = names.lookup(reference.name);
        if (!value && comment) return std::nullopt;
        if (!value && report.full()) return "";
        if (!value) {
            auto hint = core::suggestion(reference.name, names.declared);
            if (hint.empty()) hint = ": declare it under variables:, or write $$ for a dollar sign";
            report.template_error(
                "", place, fmt::format("Undeclared variable '{}'{}", reference.name, hint)
            );
            return stand_in;
        }
        auto text = insertion(*value, position);
        if (names.hidden.contains(reference.name)) report.hide(place.line, to_text(*value));
        room += reference.length;
        if (text.size() > room) {
            report.template_error("", place, too_long());
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
        if (text.find(kEscaped) != std::string::npos && !comment &&
            told.emplace(reference.name).second) {
            report.warn(
                "",
                place,
                fmt::format(
                    "the value of '{}' has '$$' in it, which becomes '$', as everywhere in the "
                    "file: write '$$$$' for two dollar signs",
                    reference.name
                )
            );
        }
        return text;
    };
    return unescape(Interpolation(source, replace).run());
}

MappedText interpolate_definitions(
    MappedText const& source, Section section, Lookup const& builtins, Emptied const& emptied
) {
    auto room = kMaxInterpolated - std::min(source.text().size(), kMaxInterpolated);
    auto const replace =
        [&](Reference const& reference, std::size_t offset, Position position, bool comment
        ) -> std::optional<std::string> {
        auto const value = builtins(reference.name);
        if (!value) {
            auto const origin = source.origin(offset);
            if (origin < section.from || origin >= section.to) return std::nullopt;
            if (!comment) emptied(origin, reference.name);
        }
        auto text = value ? insertion(*value, position) : std::string();
        room += reference.length;
        if (text.size() > room) return ""; // the same is an error where the whole text is read
        room -= text.size();
        return text;
    };
    return unescape(Interpolation(source, replace).run());
}

core::Result<std::string> expand(
    std::string_view text,
    std::function<core::Result<std::string>(std::string_view name)> const& value
) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (text.substr(at).starts_with(kEscaped)) {
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
