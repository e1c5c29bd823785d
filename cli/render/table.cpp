#include "cli/render/table.hpp"

#include <algorithm>

namespace kontena::cli::render {
namespace {

constexpr std::size_t kGap = 3;
constexpr std::size_t kLeast = 8; ///< that stays of a column that is cut

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

/// Line ends and tabs would break the rows.
std::string one_line(std::string const& cell) {
    std::string out;
    for (char const c : cell) {
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
        default:
            out += c;
        }
    }
    return out;
}

} // namespace

void Table::add(std::vector<std::string> cells) {
    cells.resize(titles_.size());
    std::ranges::transform(cells, cells.begin(), one_line);
    rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths() const {
    std::vector<std::size_t> out;
    std::size_t all = 0;
    for (std::size_t i = 0; i < titles_.size(); ++i) {
        auto width = display_width(titles_[i]);
        for (auto const& row : rows_) width = std::max(width, display_width(row[i]));
        out.push_back(width);
        all += width + (i > 0 ? kGap : 0);
    }
    if (style_.width() == 0 || all <= style_.width() || titles_.size() < 2) return out;
    auto const found = std::ranges::find(titles_, least_);
    auto& least = found == titles_.end() ? out.back() : out[std::size_t(found - titles_.begin())];
    auto const over = all - style_.width();
    least = std::max(std::min(least, kLeast), least > over ? least - over : 0);
    return out;
}

std::string Table::str() const {
    auto const widths = this->widths();
    std::string out;
    auto const line = [&](std::vector<std::string> const& cells, Colour colour) {
        std::string text;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            auto const cell = shortened(cells[i], widths[i]);
            text += style_(colour, cell);
            if (i + 1 < cells.size()) text.append(widths[i] - display_width(cell) + kGap, ' ');
        }
        while (text.ends_with(' ')) text.pop_back();
        out += text + "\n";
    };
    if (titles_.size() > 1) {
        auto titles = titles_;
        std::ranges::transform(titles, titles.begin(), upper);
        line(titles, Colour::bold);
    }
    for (auto const& row : rows_) line(row, Colour::none);
    return out;
}

} // namespace kontena::cli::render
