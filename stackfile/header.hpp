#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/read.hpp"

#include <string>

namespace kontena::stackfile {

/// What a file says about itself, as it is written: no template works here.
struct Header {
    std::string stack; ///< the `stack:` key
    std::string version = "0.0.1";
    std::string name; ///< to install it under
    int line = 0;     ///< of the `stack:` key
};

Header read_header(yaml::YamlNode const& raw, Input const& input);

} // namespace kontena::stackfile
