#pragma once

#include "core/yaml/node.hpp"

namespace kontena::yaml {

/// Gives a plain scalar the kind and value that its text has by the rules of YAML 1.1, with three
/// exceptions, all of which stay strings: base-60 numbers (`22:22`), dates, and integers that do
/// not fit in 64 bits.
void resolve_plain(YamlNode& scalar);

} // namespace kontena::yaml
