#pragma once

#include <map>
#include <set>
#include <string>

namespace kontena::stackfile::compose {

/// Names of Compose, which may have dots, as a stack file allows them. Each name has one of its
/// own.
class Names {
public:
    std::string const& of(std::string const& name);

private:
    std::map<std::string, std::string> made_;
    std::set<std::string> taken_;
};

} // namespace kontena::stackfile::compose
