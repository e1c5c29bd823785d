#pragma once

#include "core/base/result.hpp"
#include "stackfile/liquid/data.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace kontena::stackfile::liquid {

/// `apply` gets as many arguments as the two counts allow.
struct Filter {
    std::string_view name;
    std::size_t least = 0;
    std::size_t most = 0;
    core::Result<Data> (*apply)(Data const& input, std::span<Data const> arguments) = nullptr;
};

/// nullptr when there is none of that name.
Filter const* find_filter(std::string_view name);
std::vector<std::string_view> filter_names();

namespace filters {

// The table, in parts.
std::span<Filter const> text();
std::span<Filter const> markup();
std::span<Filter const> numbers();
std::span<Filter const> lists();
std::span<Filter const> dates();

} // namespace filters
} // namespace kontena::stackfile::liquid
