#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace kontena::yaml {
struct YamlNode;
}

namespace kontena::stackfile {

/// The value of a variable; monostate is null.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

inline bool is_null(Value const& value) { return std::holds_alternative<std::monostate>(value); }

/// Text form: null is empty, booleans are `true` and `false`, decimals keep a decimal point.
std::string to_text(Value const& value);

/// Null for lists and maps.
Value from_scalar(yaml::YamlNode const& node);

} // namespace kontena::stackfile
