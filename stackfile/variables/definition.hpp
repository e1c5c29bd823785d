#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/report.hpp"
#include "stackfile/variables/condition.hpp"
#include "stackfile/variables/source.hpp"
#include "stackfile/variables/types/types.hpp"
#include "stackfile/variables/value.hpp"

#include <string>
#include <vector>

namespace kontena::stackfile {

inline constexpr std::size_t kMaxVariables = 2000; ///< of one file

/// One entry of `variables:`, checked.
struct Definition {
    std::string name;
    Place place;
    VariableType type;
    std::string label; ///< for questions
    bool required = true;
    Value default_value;
    Place default_place;
    Value fixed; ///< `value:`; null = not given
    Place fixed_place;
    std::vector<Value> in; ///< empty = any
    std::vector<Source> from;
    Targets to;
    Conditions conditions;

    /// It is taken from the vault or goes there, so that nobody else gets to see it.
    bool secret() const;
    /// Messages must not show its values: a secret, or a text that is not shown while typed.
    Show show() const;
};

/// Definitions in the order of the file; those with errors are reported and left out, but
/// `declared` has their names, so that a reference to one is not reported too.
struct Definitions {
    std::vector<Definition> list;
    std::vector<std::string> declared;
};

Definitions read_definitions(yaml::YamlNode const* section, Report& report);

} // namespace kontena::stackfile
