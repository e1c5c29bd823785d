#include "core/yaml/make.hpp"

#include <fmt/format.h>

namespace kontena::yaml {

YamlNode make_text(std::string text) {
    YamlNode out;
    out.kind = Kind::string;
    out.text = std::move(text);
    return out;
}

YamlNode make_integer(std::int64_t value) {
    YamlNode out;
    out.kind = Kind::integer;
    out.integer = value;
    out.text = std::to_string(value);
    return out;
}

YamlNode make_real(double value) {
    YamlNode out;
    out.kind = Kind::real;
    out.real = value;
    out.text = fmt::format("{}", value);
    if (out.text.find_first_of(".en") == std::string::npos) out.text += ".0";
    return out;
}

YamlNode make_boolean(bool value) {
    YamlNode out;
    out.kind = Kind::boolean;
    out.boolean = value;
    out.text = value ? "true" : "false";
    return out;
}

YamlNode make_list(std::vector<std::string> const& texts) {
    YamlNode out;
    out.kind = Kind::sequence;
    for (auto const& text : texts) out.items.push_back(make_text(text));
    return out;
}

YamlNode make_map() {
    YamlNode out;
    out.kind = Kind::map;
    return out;
}

void put(YamlNode& map, std::string_view key, YamlNode value) {
    for (auto& entry : map.entries)
        if (entry.key.text == key) {
            entry.value = std::move(value);
            return;
        }
    map.entries.push_back({make_text(std::string(key)), std::move(value)});
}

} // namespace kontena::yaml
