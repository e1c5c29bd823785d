#pragma once

#include <string>
#include <string_view>

namespace kontena::cli::render {

enum class Colour { none, bold, dim, red, green, yellow, blue, cyan };

/// Paints text, or leaves it as it is. Colours are for a terminal, unless NO_COLOR or
/// KONTENA_SIMPLE_TERM is set.
class Style {
public:
    explicit Style(bool colours = false)
        : colours_(colours) {}

    std::string operator()(Colour colour, std::string_view text) const;

    bool colours() const { return colours_; }

private:
    bool colours_;
};

/// Columns that the text takes on a terminal; colour codes take none.
std::size_t display_width(std::string_view text);

} // namespace kontena::cli::render
