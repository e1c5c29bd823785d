#pragma once

#include "stackfile/grid/grid_file.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace kontena::stackfile::grid {

/// A stack of a circle, and which of its dependencies leads on.
struct Link {
    std::size_t stack = 0;
    std::size_t dependency = 0;
};

/// Puts what others depend on in front of them and leaves the rest as it is. When stacks depend on
/// each other in a circle, they stay where they are and the circle comes back, first stack first.
std::vector<Link> put_in_order(std::vector<StackEntry>& stacks);

/// `a → b → a`
std::string shown(std::vector<Link> const& circle, std::vector<StackEntry> const& stacks);

} // namespace kontena::stackfile::grid
