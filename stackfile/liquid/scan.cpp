#include "stackfile/liquid/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace kontena::stackfile::liquid {
namespace {

bool name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Of its line, what follows a mark without an end probably belongs to it; not for ever, though.
constexpr std::size_t kProblemBytes = 100;

/// Finds the next of one mark, for positions that only grow: each byte is looked at once.
class NextMark {
public:
    NextMark(std::string_view text, std::string_view mark)
        : text_(text)
        , mark_(mark) {}

    std::size_t from(std::size_t offset) {
        if (!known_ || (found_ != std::string_view::npos && found_ < offset)) {
            found_ = text_.find(mark_, offset);
            known_ = true;
        }
        return found_;
    }

private:
    std::string_view text_;
    std::string_view mark_;
    std::size_t found_ = 0;
    bool known_ = false;
};

class Scanner {
public:
    Scanner(std::string_view text, bool flat)
        : text_(text)
        , flat_(flat)
        , brace_(text, "}")
        , close_(text, "%}")
        , line_end_(text, "\n")
        , tag_open_(text, "{%") {}

    std::vector<Piece> run() {
        for (std::size_t at = 0; at < text_.size();) {
            auto const open = next_open(at);
            add_text(at, open, false);
            if (open == text_.size()) break;
            at = text_[open + 1] == '{' ? output(open) : tag(open);
        }
        return std::move(out_);
    }

private:
    /// Of `{{` or `{%`; the end of the text when there is none.
    std::size_t next_open(std::size_t from) const {
        for (;; ++from) {
            from = text_.find('{', from);
            if (from == std::string_view::npos || from + 1 >= text_.size()) return text_.size();
            if (text_[from + 1] == '{' || text_[from + 1] == '%') return from;
        }
    }

    void add_text(std::size_t from, std::size_t to, bool verbatim) {
        if (from < to) out_.push_back({.offset = from, .length = to - from, .verbatim = verbatim});
    }

    std::size_t problem(std::size_t from, std::size_t to, std::string reason) {
        auto const words = text_.substr(from, kProblemBytes);
        out_.push_back(
            {.kind = Piece::Kind::problem,
             .offset = from,
             .length = to - from,
             .content = words.substr(0, words.find('\n')),
             .reason = std::move(reason)}
        );
        return to;
    }

    /// A tag or output from `open` to `close`, where its two closing characters begin.
    Piece piece(Piece::Kind kind, std::size_t open, std::size_t close) const {
        Piece out{.kind = kind, .offset = open, .length = close + 2 - open};
        auto first = open + 2;
        auto last = close;
        if (first < last && text_[first] == '-') {
            out.trims_before = true;
            ++first;
        }
        if (first < last && text_[last - 1] == '-') {
            out.trims_after = true;
            --last;
        }
        out.content = text_.substr(first, last - first);
        return out;
    }

    std::size_t output(std::size_t open) {
        auto const close = brace_.from(open + 2);
        if (close == std::string_view::npos)
            return problem(open, open + 2, "this '{{' has no '}}'");
        if (close + 1 == text_.size() || text_[close + 1] != '}')
            return problem(
                open,
                close + 1,
                "this '{{' ends with '}' instead of '}}'; to keep braces as they are, put "
                "{% raw %} and {% endraw %} around them"
            );
        out_.push_back(piece(Piece::Kind::output, open, close));
        return close + 2;
    }

    /// Where the tag at `open` ends. One that another tag on a later line comes in between of was
    /// not closed at all.
    std::optional<std::size_t> tag_end(std::size_t open) {
        auto const close = close_.from(open + 2);
        if (close == std::string_view::npos) return std::nullopt;
        auto const line = line_end_.from(open + 2);
        if (line < close && tag_open_.from(line) < close) return std::nullopt;
        return close;
    }

    std::size_t tag(std::size_t open) {
        auto const close = tag_end(open);
        if (!close) return problem(open, open + 2, "this '{%' has no '%}'");
        auto start = piece(Piece::Kind::tag, open, *close);
        auto const name = tag_name(start.content).name;
        if (flat_ || (name != "raw" && name != "comment")) {
            out_.push_back(std::move(start));
            return *close + 2;
        }
        auto const end = name == "raw" ? raw_end(start.end()) : comment_end(start.end());
        if (!end)
            return problem(
                open, text_.size(), fmt::format("this '{0}' has no {{% end{0} %}}", name)
            );
        enclosed(std::move(start), *end, name == "raw");
        return end->end();
    }

    /// The text between `start` and `end`, and the two as one piece for each side.
    void enclosed(Piece start, Piece end, bool keep) {
        auto from = start.end();
        auto to = end.offset;
        if (start.trims_after)
            while (from < to && is_white_space(text_[from])) ++from;
        if (end.trims_before)
            while (from < to && is_white_space(text_[to - 1])) --to;
        // The outer sides trim what is around the whole.
        start.silent = end.silent = true;
        start.trims_after = end.trims_before = false;
        start.length = (keep ? from : end.offset) - start.offset;
        auto const tail = end.end();
        end.offset = keep ? to : end.offset;
        end.length = tail - end.offset;
        out_.push_back(std::move(start));
        if (keep) add_text(from, to, true);
        out_.push_back(std::move(end));
    }

    /// The next tag from there, whatever is in front of it.
    std::optional<Piece> next_tag(std::size_t from) {
        for (;;) {
            auto const open = text_.find("{%", from);
            if (open == std::string_view::npos) return std::nullopt;
            auto const close = close_.from(open + 2);
            if (close == std::string_view::npos) return std::nullopt;
            auto found = piece(Piece::Kind::tag, open, close);
            if (found.content.find("{%") == std::string_view::npos) return found;
            from = open + 2;
        }
    }

    std::optional<Piece> raw_end(std::size_t from) {
        while (auto found = next_tag(from)) {
            if (tag_name(found->content).name == "endraw") return found;
            from = found->offset + 2;
        }
        return std::nullopt;
    }

    std::optional<Piece> comment_end(std::size_t from) {
        std::size_t depth = 1;
        while (auto found = next_tag(from)) {
            auto const name = tag_name(found->content).name;
            if (name == "comment") ++depth;
            if (name == "endcomment" && --depth == 0) return found;
            from = found->end();
            if (name != "raw") continue;
            auto const end = raw_end(from);
            if (!end) return std::nullopt;
            from = end->end();
        }
        return std::nullopt;
    }

    std::string_view text_;
    bool flat_;
    NextMark brace_;
    NextMark close_;
    NextMark line_end_;
    NextMark tag_open_;
    std::vector<Piece> out_;
};

} // namespace

bool is_white_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

TagName tag_name(std::string_view content) {
    std::size_t first = 0;
    while (first < content.size() && is_white_space(content[first])) ++first;
    auto last = first;
    while (last < content.size() && name_character(content[last])) ++last;
    return {content.substr(first, last - first), last};
}

std::vector<Piece> scan(std::string_view text) { return Scanner(text, false).run(); }

std::vector<Piece> scan_flat(std::string_view text) { return Scanner(text, true).run(); }

} // namespace kontena::stackfile::liquid
