#include "stackfile/variables/value.hpp"

#include "core/yaml/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace kontena::stackfile {
namespace {

struct TextForm {
    std::string operator()(std::monostate) const { return {}; }

    std::string operator()(bool value) const { return value ? "true" : "false"; }

    std::string operator()(std::int64_t value) const { return std::to_string(value); }

    std::string operator()(double value) const { return decimal_text(value); }

    std::string operator()(std::string const& value) const { return value; }

    std::string operator()(List const& items) const {
        std::string out;
        for (auto const& item : items) out += to_text(item);
        return out;
    }
};

std::optional<double> number_of(Value const& value) {
    if (auto const* integer = std::get_if<std::int64_t>(&value))
        return static_cast<double>(*integer);
    if (auto const* real = std::get_if<double>(&value)) return *real;
    return std::nullopt;
}

} // namespace

std::string decimal_text(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    auto text = fmt::format("{}", value);
    if (text.find('.') == std::string::npos)
        text.insert(std::min(text.find('e'), text.size()), ".0");
    return text;
}

std::string to_text(Value const& value) { return std::visit(TextForm{}, value); }

bool loosely_equal(Value const& a, Value const& b) {
    if (a.index() == b.index() && !is_list(a)) return a == b;
    if (is_null(a) || is_null(b) || is_list(a) != is_list(b)) return false;
    if (is_list(a)) return std::ranges::equal(std::get<List>(a), std::get<List>(b), loosely_equal);
    auto const x = number_of(a);
    auto const y = number_of(b);
    return x && y ? *x == *y : to_text(a) == to_text(b);
}

Value from_node(yaml::YamlNode const& node) {
    switch (node.kind) {
    case yaml::Kind::boolean:
        return node.boolean;
    case yaml::Kind::integer:
        return node.integer;
    case yaml::Kind::real:
        return node.real;
    case yaml::Kind::string:
        return node.text;
    case yaml::Kind::sequence: {
        List out;
        for (auto const& item : node.items) out.push_back(from_node(item));
        return out;
    }
    default:
        return std::monostate{};
    }
}

} // namespace kontena::stackfile
