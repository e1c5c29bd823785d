#pragma once

#include "core/yaml/node.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Trees that are made, to be written with `emit`.
namespace kontena::yaml {

YamlNode make_text(std::string text);
YamlNode make_integer(std::int64_t value);
YamlNode make_real(double value);
YamlNode make_boolean(bool value);
YamlNode make_list(std::vector<std::string> const& texts);
YamlNode make_map();

/// Adds the key to a map, or replaces it.
void put(YamlNode& map, std::string_view key, YamlNode value);

} // namespace kontena::yaml
