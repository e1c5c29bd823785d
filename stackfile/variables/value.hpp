#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kontena::yaml {
struct YamlNode;
}

namespace kontena::stackfile {

/// The value of a variable; monostate is null.
struct Value
    : std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<Value>> {
    using variant::variant;
};

using List = std::vector<Value>;

inline bool is_null(Value const& value) { return std::holds_alternative<std::monostate>(value); }

inline bool is_list(Value const& value) { return std::holds_alternative<List>(value); }

/// As Ruby writes it, shortest and always with a point: `1.0`, `0.0001`, `1.0e-05`, `1.0e+16`.
std::string decimal_text(double value);

/// Text form: null is empty, booleans are `true` and `false`, decimals keep a decimal point, lists
/// are their items one after the other.
std::string to_text(Value const& value);

/// As people compare: 5.5 and "5.5" are equal, 1 and 1.0 are, lists are when their items are. Null
/// equals only null.
bool loosely_equal(Value const& a, Value const& b);

/// Scalars and lists; null for maps.
Value from_node(yaml::YamlNode const& node);

} // namespace kontena::stackfile
