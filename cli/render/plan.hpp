#pragma once

#include "cli/render/style.hpp"
#include "core/model/plan.hpp"

#include <string>

namespace kontena::cli::render {

enum class Detail {
    brief, ///< actions and what changes
    full,  ///< also causes, every placement, and what refused other nodes
};

/// `shop/web`: a service or stack without its grid.
std::string in_grid(std::string_view id);

/// `commit 1a2b3c4 of source stacks, stacks/shop.yml:3`, `admin: scale shop/web to 5`, …
std::string cause(model::Cause const& cause);

/// `2 to create, 1 to scale`; "nothing to do" for an empty plan.
std::string summary(model::Plan const& plan);

std::string plan(model::Plan const& plan, Detail detail, Style style);

/// For a comment at a pull request.
std::string plan_markdown(model::Plan const& plan, bool saved);

/// The command that carries out a saved plan.
std::string apply_command(model::Plan const& plan);

/// `considered 3 nodes; label zone=b refused 2 (n1, n3); fewest instances`.
std::string explanation(model::Explanation const& explanation);

} // namespace kontena::cli::render
