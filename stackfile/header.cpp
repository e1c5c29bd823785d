#include "stackfile/header.hpp"

#include "stackfile/grammar.hpp"

namespace kontena::stackfile {

Header read_header(yaml::YamlNode const& raw, Input const& input) {
    Header out;
    if (auto const* version = raw.find("version"); version != nullptr && !version->text.empty())
        out.version = version->text;
    if (auto const* stack = raw.find_entry("stack")) {
        auto const reference = parse_stack_reference(stack->value.text);
        out.stack = stack->value.text;
        out.name = reference.stack;
        out.line = stack->key.line;
        if (!reference.version.empty()) out.version = reference.version;
    }
    if (!input.stack_name.empty()) out.name = input.stack_name;
    return out;
}

} // namespace kontena::stackfile
