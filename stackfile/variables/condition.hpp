#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/validate/checker.hpp"
#include "stackfile/variables/resolve.hpp"

namespace kontena::stackfile {

inline bool skipped(Checker&, yaml::YamlNode const&, Variables const&) { return false; }

} // namespace kontena::stackfile
