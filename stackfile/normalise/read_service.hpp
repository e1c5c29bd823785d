#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/library.hpp"
#include "stackfile/normalise/service.hpp"
#include "stackfile/validate/checker.hpp"

namespace kontena::stackfile {

/// What a service refers to outside of its own text.
struct Surroundings {
    Document const& document;
    Library& library;
};

/// What a service says, without what it extends. Parts that validation refused are left out, list
/// items keep their index. Reads the `env_file`s; what is wrong with them is reported.
Service read_service(Checker& in, yaml::YamlNode const& service, Surroundings const& around);

} // namespace kontena::stackfile
