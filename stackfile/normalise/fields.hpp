#pragma once

#include "core/yaml/node.hpp"
#include "stackfile/normalise/service.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace kontena::stackfile {

/// Typed look-ups in a map. A null, and a value of the wrong kind, which validation reports, have
/// no value.
class Fields {
public:
    explicit Fields(yaml::YamlNode const& map)
        : map_(map) {}

    yaml::YamlNode const* find(std::string_view key) const {
        auto const* node = map_.find(key);
        return node == nullptr || node->is_null() ? nullptr : node;
    }

    /// What `make` makes of the value, if there is one.
    template <class Make>
    auto field(std::string_view key, Make make) const {
        using T = std::remove_cvref_t<std::invoke_result_t<Make, yaml::YamlNode const&>>;
        Field<T> out;
        auto const* node = map_.find(key);
        out.given = node != nullptr;
        if (node != nullptr && !node->is_null()) out.value = make(*node);
        return out;
    }

    /// The same for what may have no value, because it is of the wrong kind.
    template <class Make>
    auto optional_field(std::string_view key, Make make) const {
        using T = typename std::invoke_result_t<Make, yaml::YamlNode const&>::value_type;
        Field<T> out;
        auto const* node = map_.find(key);
        out.given = node != nullptr;
        if (node != nullptr && !node->is_null()) out.value = make(*node);
        return out;
    }

private:
    yaml::YamlNode const& map_;
};

inline std::optional<std::string> text_of(yaml::YamlNode const& node) {
    return node.is_scalar() && !node.is_null() ? std::optional(node.text) : std::nullopt;
}

inline std::optional<std::int64_t> integer_of(yaml::YamlNode const& node) {
    return node.kind == yaml::Kind::integer ? std::optional(node.integer) : std::nullopt;
}

inline std::optional<double> number_of(yaml::YamlNode const& node) {
    if (node.kind == yaml::Kind::integer) return static_cast<double>(node.integer);
    return node.kind == yaml::Kind::real ? std::optional(node.real) : std::nullopt;
}

inline std::optional<bool> flag_of(yaml::YamlNode const& node) {
    return node.kind == yaml::Kind::boolean ? std::optional(node.boolean) : std::nullopt;
}

/// The texts of a list's items.
inline Texts texts_of(yaml::YamlNode const& node) {
    Texts out;
    for (auto const& item : node.items) out.push_back(item.text);
    return out;
}

/// The member of a map, by one of the functions above; nullopt when there is none.
template <class Make>
auto member(yaml::YamlNode const& map, std::string_view key, Make make) {
    auto const* node = map.find(key);
    return node == nullptr ? std::invoke_result_t<Make, yaml::YamlNode const&>{} : make(*node);
}

} // namespace kontena::stackfile
