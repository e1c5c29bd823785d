#pragma once

#include <string>
#include <string_view>

namespace kontena::core {

/// The text as it stands between double quotes, in JSON and in YAML alike: what would end the
/// quotes, a line, or does not show (controls, Unicode line ends, byte order marks) is escaped.
std::string escaped(std::string_view text);

/// True when the text has what does not show, or a line end. Tabs do not count.
bool has_unprintable(std::string_view text);

} // namespace kontena::core
