#pragma once

#include "core/yaml/node.hpp"

#include <string>

namespace kontena::yaml {

enum class Quotes {
    needed,    ///< only strings that would be read as something else
    as_marked, ///< also those that are `quoted`: templates, which may become anything
};

/// The tree as a document in block style, two spaces a level. Loading the text gives the same
/// tree again, but for places; strings that a reader could take for another kind are in quotes.
std::string emit(YamlNode const& root, Quotes quotes = Quotes::needed);

} // namespace kontena::yaml
