#pragma once

#include "stackfile/liquid/data.hpp"

#include <span>
#include <string>

namespace kontena::stackfile::liquid::filters {

using Arguments = std::span<Data const>;

/// The text form of an argument, or what stands for it when it is not given.
inline std::string text_argument(Arguments arguments, std::size_t index, std::string fallback) {
    return index < arguments.size() ? to_text(arguments[index]) : std::move(fallback);
}

} // namespace kontena::stackfile::liquid::filters
