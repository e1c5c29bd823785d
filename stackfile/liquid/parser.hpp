#pragma once

#include "stackfile/liquid/problem.hpp"
#include "stackfile/liquid/scan.hpp"
#include "stackfile/liquid/tree.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile::liquid {

struct Parsed {
    Block root;
    std::vector<Problem> problems; ///< when there are any, the tree lacks what they are about
    /// The words of the tags that have problems, which may name variables that they make.
    std::set<std::string, std::less<>> suspects;
};

/// `line_of` tells where a block was opened, for messages about the tag that should close it.
Parsed parse(
    std::string_view text,
    std::vector<Piece> const& pieces,
    std::function<int(std::size_t offset)> const& line_of
);

} // namespace kontena::stackfile::liquid
