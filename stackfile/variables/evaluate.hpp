#pragma once

#include "core/base/result.hpp"
#include "stackfile/variables/value.hpp"

#include <string_view>

namespace kontena::stackfile {

/// Arithmetic over integers and decimals: `+ - * / **`, signs, parentheses. Blanks do not count.
/// Integers are divided downwards; with a decimal in it, an operation is one of decimals. What
/// does not fit, has no result or is too long is an error.
core::Result<Value> evaluate(std::string_view expression);

} // namespace kontena::stackfile
