#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kontena::cli::render {

enum class Colour { none, bold, dim, red, green, yellow, blue, cyan };

/// Paints text, or leaves it as it is. Colours are for a terminal, unless NO_COLOR or
/// KONTENA_SIMPLE_TERM is set.
class Style {
public:
    explicit Style(bool colours = false, std::size_t width = 0)
        : colours_(colours)
        , width_(width) {}

    std::string operator()(Colour colour, std::string_view text) const;

    bool colours() const { return colours_; }

    /// Columns that a line may take; 0 = any number, as for a file or a pipe.
    std::size_t width() const { return width_; }

private:
    bool colours_;
    std::size_t width_;
};

/// Columns that the text takes on a terminal; colour codes take none.
std::size_t display_width(std::string_view text);

/// The first columns of a text, with `…` in the last one when something is left out.
std::string shortened(std::string_view text, std::size_t width);

} // namespace kontena::cli::render
