#pragma once

#include "stackfile/liquid/problem.hpp"
#include "stackfile/liquid/scan.hpp"
#include "stackfile/liquid/tree.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace kontena::stackfile::liquid {

struct Parsed {
    Block root;
    std::vector<Problem> problems; ///< when there are any, the tree is of no use
};

/// `line_of` tells where a block was opened, for messages about the tag that should close it.
Parsed parse(
    std::string_view text,
    std::vector<Piece> const& pieces,
    std::function<int(std::size_t offset)> const& line_of
);

} // namespace kontena::stackfile::liquid
