#pragma once

#include "core/base/result.hpp"
#include "stackfile/liquid/data.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace kontena::stackfile::liquid {

using Number = std::variant<std::int64_t, double>;

/// The integer that the text begins with, 0 when it begins with none, nullopt when it does not
/// fit in 64 bits.
std::optional<std::int64_t> leading_integer(std::string_view text);

/// Texts are read as decimals or give their leading integer, everything else is 0. Fails when the
/// number does not fit.
core::Result<Number> to_number(Data const& data);

inline double as_double(Number const& number) {
    return std::visit([](auto value) { return static_cast<double>(value); }, number);
}

/// Towards zero; fails when it does not fit in 64 bits.
core::Result<std::int64_t> to_integer(double value);

/// An integer, also one written as text; fails for anything else. For arguments that count.
core::Result<std::int64_t> need_integer(Data const& data);

} // namespace kontena::stackfile::liquid
