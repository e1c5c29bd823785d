#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/report.hpp"
#include "stackfile/variables/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kontena::stackfile {

enum class VariableType { string, integer, boolean, enumeration };

/// One entry of `variables:`, checked. Options that the type does not have keep their defaults.
struct Definition {
    std::string name;
    Place place;
    VariableType type = VariableType::string;
    bool required = true;
    Value default_value;
    Value fixed; ///< `value:`; null = not given
    Place value_place;
    bool from_env = false;        ///< `from` names the resolver `env`
    std::vector<std::string> env; ///< names of environment variables, first match wins
    std::vector<Value> in;        ///< empty = any
    std::vector<Value> options;   ///< of an enum
    bool can_be_other = false;    ///< an enum with other values than its options
    bool empty_is_nil = true;
    std::optional<std::int64_t> min;
    std::optional<std::int64_t> max;
    std::optional<std::int64_t> min_length;
    std::optional<std::int64_t> max_length;
};

/// Definitions in the order of the file; those with errors are reported and left out, but
/// `declared` has their names, so that a reference to one is not reported too.
struct Definitions {
    std::vector<Definition> list;
    std::vector<std::string> declared;
};

Definitions read_definitions(yaml::YamlNode const* section, Report& report);

} // namespace kontena::stackfile
