#pragma once

#include <string_view>

namespace kontena::stackfile {

/// True for a YAML document with that top-level key, also when the document is broken.
bool has_top_level(std::string_view text, std::string_view key);

} // namespace kontena::stackfile
