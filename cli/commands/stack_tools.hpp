#pragma once

#include "cli/commands/context.hpp"

namespace kontena::cli {

/// `stack validate`: checks stack files and grid files, and shows what they come to. `context`
/// outlives the call.
awaitable<core::Result<int>> validate_stacks(Context& context);

/// `stack build`: builds and pushes the images of services that have `build`.
awaitable<core::Result<int>> build_stack(Context& context);

} // namespace kontena::cli
