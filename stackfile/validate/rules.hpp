#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/report.hpp"
#include "stackfile/validate/checker.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile {

/// What a document is read for.
enum class Role {
    stack, ///< to be installed
    base,  ///< its services are extended from: it needs no name
};

/// Reports everything in the document that does not have the form of a stack file. What needs to
/// know several values at once is left to model::validate.
void validate_document(yaml::YamlNode const& document, Report& report, Role role);

/// One entry of `services:`. `volumes` is the top-level section, nullptr when there is none.
void validate_service(Checker& in, yaml::YamlNode const& service, yaml::YamlNode const* volumes);

/// `hooks` of a service.
void check_hooks(Checker& in, yaml::YamlNode const& value);

/// Why the volume `name`, which a service mounts, is not one of the top-level ones.
std::string undeclared_volume(std::string_view name, std::vector<std::string_view> const& declared);

} // namespace kontena::stackfile
