#pragma once

#include "cli/render/style.hpp"

#include <string>
#include <vector>

namespace kontena::cli::render {

/// Left-aligned columns, three blanks apart, under upper-case titles. A table with one column has
/// no title line, so that scripts can read it.
class Table {
public:
    Table(std::vector<std::string> titles, Style style)
        : titles_(std::move(titles))
        , style_(style) {}

    void add(std::vector<std::string> cells);
    std::string str() const;

private:
    std::vector<std::string> titles_;
    Style style_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace kontena::cli::render
