#include "stackfile/grammar.hpp"
#include "stackfile/normalise/normalise.hpp"

namespace kontena::stackfile {

using yaml::YamlNode;

model::StackSpec normalise_header(YamlNode const& document, std::string_view file) {
    model::StackSpec out;
    out.origin.file = file;
    if (auto const* stack = document.find_entry("stack")) {
        auto const reference = parse_stack_reference(stack->value.text);
        out.stack = stack->value.text;
        out.name = reference.stack;
        out.origin.line = stack->key.line;
        if (!reference.version.empty()) out.version = reference.version;
        auto const* version = document.find("version");
        if (reference.version.empty() && version != nullptr && !version->text.empty())
            out.version = version->text;
    }
    return out;
}

model::StackSpec normalise_stack(YamlNode const& document, std::string_view file) {
    auto out = normalise_header(document, file);
    if (auto const* labels = document.find("labels"))
        for (auto const& item : labels->items) out.labels.push_back(item.text);
    if (auto const* expose = document.find("expose")) out.expose = expose->text;
    auto const* services = document.find("services");
    if (services == nullptr) return out;
    for (auto const& [name, service] : services->entries) {
        out.services.push_back(
            {.name = name.text,
             .spec = normalise_service(service, document.find("volumes")),
             .origin = {std::string(file), name.line}}
        );
    }
    return out;
}

} // namespace kontena::stackfile
