#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::yaml {

enum class Kind { null, boolean, integer, real, string, sequence, map };

/// "a list", "an integer", …: for messages about a value of the wrong kind.
std::string_view describe(Kind kind);

struct YamlEntry;

/// A YAML value with the place where it was written (1-based line and column; columns count
/// bytes). Scalars keep their text as written next to what it stands for; anchors, aliases and
/// merge keys are already replaced by what they mean.
struct YamlNode {
    Kind kind = Kind::null;
    bool quoted = false; ///< in quotes or a block scalar: always a string
    bool boolean = false;
    int line = 0;
    int column = 0;
    std::int64_t integer = 0;
    double real = 0;
    std::string text; ///< of a scalar, as written, without quotes and escapes
    std::vector<YamlNode> items;
    std::vector<YamlEntry> entries; ///< in the order of the file; of equal keys only the last

    bool is_null() const { return kind == Kind::null; }

    bool is_map() const { return kind == Kind::map; }

    bool is_sequence() const { return kind == Kind::sequence; }

    bool is_string() const { return kind == Kind::string; }

    bool is_scalar() const { return !is_map() && !is_sequence(); }

    /// The value of a key, nullptr when this is not a map or has no such key.
    YamlNode const* find(std::string_view key) const;
    YamlEntry const* find_entry(std::string_view key) const;
};

/// One `key: value`. The text of a key that is not a scalar is empty.
struct YamlEntry {
    YamlNode key;
    YamlNode value;
};

/// The text form of a scalar by what it stands for: `yes` is `true`, `0x10` is `16`, null is empty.
std::string canonical(YamlNode const& scalar);

} // namespace kontena::yaml
