#pragma once

#include "stackfile/liquid/liquid.hpp"
#include "stackfile/liquid/tree.hpp"

namespace kontena::stackfile::liquid {

/// Runs a template whose tree is sound.
Rendering
run(Block const& root,
    MappedText const& source,
    LineIndex const& original,
    Context const& context,
    Report& report);

} // namespace kontena::stackfile::liquid
