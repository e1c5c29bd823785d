#pragma once

#include "cli/render/style.hpp"

#include <string>
#include <vector>

namespace kontena::cli::render {

/// Left-aligned columns, three blanks apart, under upper-case titles. A table with one column has
/// no title line, so that scripts can read it. What is wider than the terminal is cut in the column
/// that matters least.
class Table {
public:
    /// `least` is the title of the column that is cut; the last one without.
    Table(std::vector<std::string> titles, Style style, std::string_view least = "")
        : titles_(std::move(titles))
        , style_(style)
        , least_(least) {}

    void add(std::vector<std::string> cells);
    std::string str() const;

private:
    std::vector<std::size_t> widths() const;

    std::vector<std::string> titles_;
    Style style_;
    std::string least_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace kontena::cli::render
