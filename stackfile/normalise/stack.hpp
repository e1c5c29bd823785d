#pragma once

#include "core/model/stack_spec.hpp"
#include "core/yaml/node.hpp"
#include "stackfile/depends/dependency.hpp"
#include "stackfile/normalise/service.hpp"
#include "stackfile/variables/value.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kontena::stackfile {

struct StackService {
    std::string name;
    std::shared_ptr<Service const> spec; ///< never null
    model::Origin origin;
};

/// An entry of the top-level `volumes`: the volume of the grid that the name stands for.
struct ExternalVolume {
    std::string name;
    std::string external;
};

/// What a whole stack file says; see Service. This is what is installed.
struct Stack {
    std::string stack; ///< the `stack:` key
    std::string version = "0.0.1";
    std::string name; ///< to install it under
    Texts labels;
    std::string expose;
    std::string registry;    ///< where the file came from
    std::string parent_name; ///< of the stack that depends on it
    std::string source;      ///< the text of the file, unmodified
    std::vector<StackService> services;
    std::vector<ExternalVolume> volumes;
    std::vector<Dependency> dependencies;
    std::map<std::string, Value> variables;            ///< to be kept with the stack
    std::map<std::string, std::string> variable_texts; ///< the same as texts, without nulls
    yaml::YamlNode metadata;                           ///< `meta`, as written
    model::Origin origin;
};

/// The desired state. Named volumes get their names in the grid.
model::StackSpec to_spec(Stack const& stack);

} // namespace kontena::stackfile
