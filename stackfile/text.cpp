#include "stackfile/text.hpp"

#include <algorithm>

namespace kontena::stackfile {

LineIndex::LineIndex(std::string_view text)
    : text_(text)
    , starts_{0} {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '\n') starts_.push_back(i + 1);
}

Place LineIndex::place(std::size_t offset) const {
    auto const next = std::ranges::upper_bound(starts_, offset);
    auto const line = next - starts_.begin();
    return {static_cast<int>(line), static_cast<int>(offset - *std::prev(next)) + 1};
}

std::size_t LineIndex::offset(Place place) const {
    if (place.line < 1) return 0;
    if (place.line > lines()) return text_.size();
    auto const start = starts_[static_cast<std::size_t>(place.line) - 1];
    return std::min(start + static_cast<std::size_t>(std::max(place.column, 1) - 1), text_.size());
}

std::string_view LineIndex::line(int number) const {
    if (number < 1 || number > lines()) return {};
    auto const start = starts_[static_cast<std::size_t>(number) - 1];
    return text_.substr(start, text_.find('\n', start) - start);
}

MappedText MappedText::identity(std::string text) {
    MappedText out;
    out.text_ = std::move(text);
    out.segments_.push_back({});
    return out;
}

std::size_t MappedText::origin(std::size_t offset) const {
    auto const next = std::ranges::upper_bound(segments_, offset, {}, &Segment::start);
    if (next == segments_.begin()) return 0;
    auto const& segment = *std::prev(next);
    return segment.verbatim ? segment.origin + (offset - segment.start) : segment.origin;
}

void MappedText::add(Segment segment) {
    if (!segments_.empty() && segments_.back().start == segment.start) segments_.pop_back();
    segments_.push_back(segment);
}

void MappedText::copy(MappedText const& from, std::size_t offset, std::size_t length) {
    auto const end = offset + length;
    if (length == 0) return;
    add({.start = text_.size(), .origin = from.origin(offset)});
    auto next = std::ranges::upper_bound(from.segments_, offset, {}, &Segment::start);
    segments_.back().verbatim = next == from.segments_.begin() ? true : std::prev(next)->verbatim;
    for (; next != from.segments_.end() && next->start < end; ++next) {
        add(
            {.start = text_.size() + (next->start - offset),
             .origin = next->origin,
             .verbatim = next->verbatim}
        );
    }
    text_.append(from.text_, offset, length);
}

void MappedText::insert(std::string_view text, MappedText const& from, std::size_t offset) {
    if (text.empty()) return;
    add({.start = text_.size(), .origin = from.origin(offset), .verbatim = false});
    text_ += text;
}

namespace {

void relocate_node(
    yaml::YamlNode& node,
    MappedText const& text,
    LineIndex const& rendered,
    LineIndex const& original
) {
    auto const place = original.place(text.origin(rendered.offset(place_of(node))));
    node.line = place.line;
    node.column = place.column;
    for (auto& item : node.items) relocate_node(item, text, rendered, original);
    for (auto& entry : node.entries) {
        relocate_node(entry.key, text, rendered, original);
        relocate_node(entry.value, text, rendered, original);
    }
}

} // namespace

void relocate(yaml::YamlNode& node, MappedText const& text, LineIndex const& original) {
    LineIndex const rendered(text.text());
    relocate_node(node, text, rendered, original);
}

} // namespace kontena::stackfile
