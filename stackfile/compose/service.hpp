#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/compose/references.hpp"
#include "stackfile/report.hpp"

#include <set>
#include <string>

namespace kontena::stackfile::compose {

/// What a conversion collects besides the services themselves.
struct Context {
    Report& report; ///< notes are its warnings
    std::string stack;
    std::set<std::string> mounted; ///< named volumes that services mount
    VariableMap variables;
};

/// One service. What cannot be carried over is noted at its place.
yaml::YamlNode convert_service(Context& context, yaml::YamlEntry const& service);

} // namespace kontena::stackfile::compose
