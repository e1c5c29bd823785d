#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/report.hpp"
#include "stackfile/validate/checker.hpp"

namespace kontena::stackfile {

/// Reports everything in the document that does not have the form of a stack file. What needs to
/// know several values at once is left to model::validate.
void validate_document(yaml::YamlNode const& document, Report& report);

/// One entry of `services:`. `volumes` is the top-level section, nullptr when there is none.
void validate_service(Checker& in, yaml::YamlNode const& service, yaml::YamlNode const* volumes);

} // namespace kontena::stackfile
