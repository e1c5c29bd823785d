#pragma once

#include "core/base/result.hpp"
#include "core/yaml/node.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kontena::yaml {

inline constexpr std::size_t kMaxBytes = 1'000'000;         ///< of a document as written
inline constexpr std::size_t kMaxExpandedBytes = 8'000'000; ///< of its texts after aliases
inline constexpr int kMaxDepth = 200;
inline constexpr int kMaxNodes = 100'000; ///< after aliases and merge keys

/// Refuses what no YAML file may hold: too many bytes, another encoding than UTF-8, control
/// characters. The issue has the place.
core::Result<> check_text(std::string_view text, std::string const& file);

/// CRLF and lone CR become LF, and a byte order mark goes: what `load` reads, and what its
/// positions refer to. Line numbers are those that an editor shows.
std::string normalise_text(std::string_view text);

/// Text -> tree. The first document counts, further ones give a warning, as do duplicate keys,
/// of which the last one wins. An error has one issue with file, line and column. Knows nothing
/// about what the file is for; never throws.
core::Result<YamlNode>
load(std::string_view text, std::string const& file, std::vector<core::Issue>* warnings = nullptr);

/// Something in a text that is odd, but no error.
struct Notice {
    int line = 0;
    int column = 0;
    std::string key;      ///< was given before; empty: there is a second document
    int earlier_line = 0; ///< of the same key
};

std::string to_string(Notice const& notice);

/// The same for a text that `check_text` accepts and `normalise_text` returned.
core::Result<YamlNode> load_checked(
    std::string_view text, std::string const& file, std::vector<Notice>* notices = nullptr
);

} // namespace kontena::yaml
