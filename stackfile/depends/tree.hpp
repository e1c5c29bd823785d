#pragma once

#include "core/base/error.hpp"
#include "stackfile/depends/dependency.hpp"
#include "stackfile/library.hpp"
#include "stackfile/read.hpp"
#include "stackfile/report.hpp"

#include <string>
#include <utility>
#include <vector>

namespace kontena::stackfile {

inline constexpr std::size_t kMaxDependencyDepth = 10;
inline constexpr std::size_t kMaxDependencies = 100; ///< of one stack, over all levels

/// The section `depends` of a raw document, with the files that it names, loaded. What is wrong in
/// the document goes to its report, what is wrong in those files behind it.
std::vector<Dependency> read_dependencies(
    yaml::YamlNode const& raw,
    Document const& document,
    std::string const& installed_name,
    Library& library,
    Report& report
);

/// The variables that dependencies give to the stack that needs them: the name of each, with the
/// name that it is installed under, direct ones first.
std::vector<std::pair<std::string, Value>>
dependency_variables(std::vector<Dependency> const& dependencies);

} // namespace kontena::stackfile
