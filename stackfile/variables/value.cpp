#include "stackfile/variables/value.hpp"

#include "core/yaml/node.hpp"

#include <fmt/format.h>

namespace kontena::stackfile {
namespace {

struct TextForm {
    std::string operator()(std::monostate) const { return {}; }

    std::string operator()(bool value) const { return value ? "true" : "false"; }

    std::string operator()(std::int64_t value) const { return std::to_string(value); }

    std::string operator()(double value) const {
        auto text = fmt::format("{}", value);
        return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
    }

    std::string operator()(std::string const& value) const { return value; }
};

} // namespace

std::string to_text(Value const& value) { return std::visit(TextForm{}, value); }

Value from_scalar(yaml::YamlNode const& node) {
    switch (node.kind) {
    case yaml::Kind::boolean:
        return node.boolean;
    case yaml::Kind::integer:
        return node.integer;
    case yaml::Kind::real:
        return node.real;
    case yaml::Kind::string:
        return node.text;
    default:
        return std::monostate{};
    }
}

} // namespace kontena::stackfile
