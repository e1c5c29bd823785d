#pragma once

#include "stackfile/outside.hpp"
#include "stackfile/text.hpp"
#include "stackfile/variables/value.hpp"

#include <map>
#include <string>
#include <vector>

namespace kontena::stackfile {

/// A stack that another one needs, by the entry of its `depends`.
struct Dependency {
    std::string name;                             ///< the key of the entry
    std::string installed_name;                   ///< `<parent's installed name>-<name>`
    Document document;                            ///< the stack file, loaded
    std::map<std::string, Value> variables;       ///< as the entry gives them
    std::map<std::string, Place> variable_places; ///< columns in characters
    std::vector<Dependency> depends;
};

} // namespace kontena::stackfile
