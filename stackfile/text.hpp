#pragma once

#include "core/yaml/node.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile {

/// 1-based line and column, columns in bytes; 0 = unknown.
struct Place {
    int line = 0;
    int column = 0;
};

inline Place place_of(yaml::YamlNode const& node) { return {node.line, node.column}; }

/// Byte offsets <-> lines of one text.
class LineIndex {
public:
    explicit LineIndex(std::string_view text);

    Place place(std::size_t offset) const;
    std::size_t offset(Place place) const;
    /// Without its line end; empty for a line that the text does not have.
    std::string_view line(int number) const;

    int lines() const { return static_cast<int>(starts_.size()); }

private:
    std::string_view text_;
    std::vector<std::size_t> starts_;
};

/// A text made from another one by copying parts of it and putting in new parts, which remembers
/// for each byte where it came from. Template engines produce one from another.
class MappedText {
public:
    MappedText() = default;

    /// Every byte came from its own offset.
    static MappedText identity(std::string text);

    std::string const& text() const { return text_; }

    /// Offset in the first text of what stands at `offset` here.
    std::size_t origin(std::size_t offset) const;

    /// Appends a part of `from`, with the origins that it has there.
    void copy(MappedText const& from, std::size_t offset, std::size_t length);

    /// Appends new text that stands for what was at `offset` of `from`.
    void insert(std::string_view text, MappedText const& from, std::size_t offset);

private:
    struct Segment {
        std::size_t start = 0;  ///< in text_
        std::size_t origin = 0; ///< of its first byte
        bool verbatim = true;   ///< following bytes have following origins
    };

    void add(Segment segment);

    std::string text_;
    std::vector<Segment> segments_;
};

/// Moves the positions of a tree that was loaded from `text` to where the original has them.
void relocate(yaml::YamlNode& node, MappedText const& text, LineIndex const& original);

} // namespace kontena::stackfile
