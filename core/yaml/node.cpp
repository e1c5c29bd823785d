#include "core/yaml/node.hpp"

#include <algorithm>

namespace kontena::yaml {

std::string_view describe(Kind kind) {
    switch (kind) {
    case Kind::null:
        return "nothing";
    case Kind::boolean:
        return "a boolean";
    case Kind::integer:
        return "an integer";
    case Kind::real:
        return "a decimal number";
    case Kind::string:
        return "a string";
    case Kind::sequence:
        return "a list";
    case Kind::map:
        return "a map";
    }
    return "?";
}

YamlEntry const* YamlNode::find_entry(std::string_view key) const {
    auto const found = std::ranges::find_if(entries, [&](YamlEntry const& entry) {
        return entry.key.is_scalar() && entry.key.text == key;
    });
    return found == entries.end() ? nullptr : &*found;
}

YamlNode const* YamlNode::find(std::string_view key) const {
    auto const* entry = find_entry(key);
    return entry == nullptr ? nullptr : &entry->value;
}

std::string canonical(YamlNode const& scalar) {
    switch (scalar.kind) {
    case Kind::null:
        return {};
    case Kind::boolean:
        return scalar.boolean ? "true" : "false";
    case Kind::integer:
        return std::to_string(scalar.integer);
    default:
        return scalar.text;
    }
}

} // namespace kontena::yaml
