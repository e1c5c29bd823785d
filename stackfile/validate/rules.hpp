#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/report.hpp"
#include "stackfile/validate/checker.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace kontena::stackfile {

inline constexpr std::size_t kMaxServices = 2000; ///< of one file, after templates

/// What a document is read for.
enum class Role {
    stack, ///< to be installed
    base,  ///< its services are extended from: it needs no name
};

/// Reports everything in the document that does not have the form of a stack file. What needs to
/// know several values at once is left to model::validate.
void validate_document(yaml::YamlNode const& document, Report& report, Role role);

using NameSet = std::set<std::string_view>;

/// One entry of `services:`. `volumes` are those of the top level.
void validate_service(Checker& in, yaml::YamlNode const& service, NameSet const& volumes);

/// `hooks` of a service.
void check_hooks(Checker& in, yaml::YamlNode const& value);

/// Why the volume `name`, which a service mounts, is not one of the top-level ones.
std::string undeclared_volume(std::string_view name, NameSet const& declared);

} // namespace kontena::stackfile
