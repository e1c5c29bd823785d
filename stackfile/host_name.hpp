#pragma once

#include "core/base/error.hpp"
#include "core/model/stack_spec.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace kontena::stackfile {

inline constexpr std::size_t kMaxHostName = 64; ///< characters that Linux allows

/// What stands for the grid where there is none.
inline constexpr std::string_view kNoGrid = "validate";

/// An issue at each service with containers whose host name,
/// `<service>-<number>.<stack>.<grid>.kontena.local`, is too long. Of a grid without name the
/// shortest name that there can be is counted, so that what is refused fits nowhere.
std::vector<core::Issue> long_host_names(model::StackSpec const& stack, std::string_view grid);

} // namespace kontena::stackfile
