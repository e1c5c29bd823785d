#pragma once

#include "stackfile/compose/work.hpp"

namespace kontena::stackfile::compose {

/// One service. What cannot be carried over is noted at its place.
yaml::YamlNode convert_service(Context& context, yaml::YamlEntry const& service);

} // namespace kontena::stackfile::compose
