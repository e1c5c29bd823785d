#include "stackfile/liquid/mask.hpp"

#include "stackfile/liquid/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kontena::stackfile::liquid {
namespace {

/// A private character, which no YAML syntax uses; a word is a number between two of them.
constexpr std::string_view kMark = "\xEE\x80\x80";

/// Finds lines that hold nothing but tags. A tag of several lines counts to the first of them.
class TagLines {
public:
    TagLines(std::string_view text, std::vector<Piece> const& pieces)
        : shape_(text) {
        for (auto const& piece : pieces)
            if (piece.kind == Piece::Kind::tag)
                shape_.replace(piece.offset, piece.length, piece.length, ' ');
    }

    /// For the offsets of tags, in their order.
    bool contain(std::size_t offset) {
        if (offset >= line_end_) {
            auto const start = shape_.rfind('\n', offset) + 1; // npos + 1 is 0
            line_end_ = std::min(shape_.find('\n', offset), shape_.size());
            auto const line = std::string_view(shape_).substr(start, line_end_ - start);
            blank_ = std::ranges::all_of(line, is_white_space);
        }
        return blank_;
    }

private:
    std::string shape_; ///< the text with blanks for its tags
    std::size_t line_end_ = 0;
    bool blank_ = false;
};

} // namespace

Mask::Mask(MappedText const& source) {
    auto const& text = source.text();
    auto const pieces = scan_flat(text);
    TagLines lines(text, pieces);
    auto const hide = [&](std::size_t offset, std::size_t length) {
        masked_.insert(fmt::format("{0}{1}{0}", kMark, hidden_.size()), source, offset);
        hidden_.push_back(text.substr(offset, length));
    };
    auto mark = text.find(kMark); // the next one; searched for once, however many pieces there are
    for (auto const& piece : pieces) {
        auto const is_template =
            piece.kind == Piece::Kind::output || piece.kind == Piece::Kind::tag;
        if (piece.kind == Piece::Kind::tag && lines.contain(piece.offset)) continue;
        if (is_template) {
            hide(piece.offset, piece.length);
            continue;
        }
        auto from = piece.offset;
        while (mark < from) mark = text.find(kMark, from);
        for (; mark < piece.end(); mark = text.find(kMark, from)) {
            masked_.copy(source, from, mark - from);
            hide(mark, kMark.size());
            from = mark + kMark.size();
        }
        masked_.copy(source, from, piece.end() - from);
    }
}

std::string Mask::lift(std::string_view text) const {
    std::string out;
    std::size_t copied = 0;
    for (auto mark = text.find(kMark); mark != std::string_view::npos;
         mark = text.find(kMark, copied)) {
        out += text.substr(copied, mark - copied);
        auto const* number = text.data() + mark + kMark.size();
        std::size_t index = 0;
        auto const* end = std::from_chars(number, text.data() + text.size(), index).ptr;
        if (index < hidden_.size()) out += hidden_[index];
        auto const close = static_cast<std::size_t>(end - text.data());
        copied = std::min(close + kMark.size(), text.size());
    }
    return out.append(text.substr(copied));
}

void Mask::lift(yaml::YamlNode& node) const {
    if (node.text.find(kMark) != std::string::npos) node.text = lift(node.text);
    for (auto& item : node.items) lift(item);
    for (auto& entry : node.entries) {
        lift(entry.key);
        lift(entry.value);
    }
}

} // namespace kontena::stackfile::liquid
