#pragma once

#include "core/model/stack_spec.hpp"
#include "core/yaml/node.hpp"
#include "stackfile/text.hpp"

#include <string_view>

namespace kontena::stackfile {

/// The desired state that a document stands for. Parts that validation refused are left at their
/// defaults, list items keep their index.
model::StackSpec normalise_stack(yaml::YamlNode const& document, std::string_view file);

/// Only `stack`, `name`, `version` and the origin.
model::StackSpec normalise_header(yaml::YamlNode const& document, std::string_view file);

model::ServiceSpec normalise_service(yaml::YamlNode const& service, yaml::YamlNode const* volumes);

/// Where in the document the thing with this path of the model is written, and its path there:
/// `services.web.memory` is `services.web.mem_limit`.
struct Location {
    std::string path;
    Place place;
};

Location
locate(yaml::YamlNode const& document, model::StackSpec const& stack, std::string_view model_path);

} // namespace kontena::stackfile
