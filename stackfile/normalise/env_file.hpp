#pragma once

#include "stackfile/normalise/read_service.hpp"

namespace kontena::stackfile {

/// The lines of the files that `env_file` names, in order: trimmed, without blank lines and those
/// that begin with `#`. A file that cannot be read, and a line without `=`, are errors.
Texts read_env_files(Checker& in, yaml::YamlNode const& node, Surroundings const& around);

/// Of entries with the same name the first stays.
Texts first_of_each_name(Texts entries);

} // namespace kontena::stackfile
