#include "cli/render/style.hpp"

namespace kontena::cli::render {
namespace {

std::string_view code(Colour colour) {
    switch (colour) {
    case Colour::none:
        return "";
    case Colour::bold:
        return "1";
    case Colour::dim:
        return "2";
    case Colour::red:
        return "31";
    case Colour::green:
        return "32";
    case Colour::yellow:
        return "33";
    case Colour::blue:
        return "34";
    case Colour::cyan:
        return "36";
    }
    return "";
}

} // namespace

std::string Style::operator()(Colour colour, std::string_view text) const {
    if (!colours_ || colour == Colour::none || text.empty()) return std::string(text);
    return "\033[" + std::string(code(colour)) + "m" + std::string(text) + "\033[0m";
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\033') {
            while (i < text.size() && text[i] != 'm') ++i;
        } else if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
            ++width;
        }
    }
    return width;
}

std::string shortened(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string(text);
    std::string out;
    std::size_t used = 0;
    bool painted = false;
    for (std::size_t i = 0; i < text.size();) {
        auto end = i + 1;
        bool const colour = text[i] == '\033';
        if (colour) {
            while (end < text.size() && text[end - 1] != 'm') ++end;
        } else {
            while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
                ++end;
            if (++used >= width) break;
        }
        painted = painted || colour;
        out += text.substr(i, end - i);
        i = end;
    }
    return out + "…" + (painted ? "\033[0m" : "");
}

} // namespace kontena::cli::render
