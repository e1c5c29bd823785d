#pragma once

#include "core/model/stack_spec.hpp"
#include "core/yaml/node.hpp"
#include "stackfile/text.hpp"

#include <string>
#include <string_view>

namespace kontena::stackfile {

/// Where in a document something of the model is written, and its path there:
/// `services.web.memory` is `services.web.mem_limit`.
struct Location {
    std::string path;
    Place place;
    bool inherited = false; ///< not written in the service: `place` is that of its `extends`
    std::string base_path;  ///< the same in the service of this document that it extends, if one
};

class Locator {
public:
    /// Both must outlive the locator.
    Locator(yaml::YamlNode const& document, model::StackSpec const& stack)
        : document_(document)
        , stack_(stack) {}

    Location at(std::string_view model_path) const;

private:
    std::string file_path(std::string_view model_path) const;
    void mark_inherited(Location& out) const;

    yaml::YamlNode const& document_;
    model::StackSpec const& stack_;
};

} // namespace kontena::stackfile
