#include "stackfile/variables/question.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::stackfile {
namespace {

/// What the type makes of the question.
struct ByType {
    Question& question;
    Value const& preset;

    void operator()(EnumType const& type) const {
        question.kind = Question::Kind::choice;
        for (auto const& option : type.options)
            question.choices.push_back({option.value, option.label});
        question.can_be_other = type.can_be_other;
    }

    void operator()(BooleanType const& type) const {
        question.kind = Question::Kind::yes_no;
        auto const clean = type.sanitise(preset, Show::plain);
        question.preset = is_null(preset) || (clean && type.truthy(clean->value));
    }

    void operator()(StringType const& type) const {
        if (!type.echo) question.kind = Question::Kind::secret;
    }

    void operator()(ArrayType const& type) const {
        auto const* list = std::get_if<List>(&preset);
        if (list == nullptr) return;
        std::string text;
        for (auto const& item : *list) text += (text.empty() ? "" : type.split) + to_text(item);
        question.preset = std::move(text);
    }

    void operator()(IntegerType const&) const {}

    void operator()(UriType const&) const {}
};

std::string_view verb(Question::Kind kind) {
    switch (kind) {
    case Question::Kind::choice:
    case Question::Kind::choices:
        return "Select";
    case Question::Kind::yes_no:
        return "Enable";
    default:
        return "Enter";
    }
}

} // namespace

Question prompt(Definition const& definition, Value const& preset, std::string const& text) {
    Question out{.variable = definition.name, .text = text, .choices = {}, .preset = preset};
    std::visit(ByType{out, preset}, definition.type);
    if (text.empty()) out.text = fmt::format("{} {}", verb(out.kind), definition.label);
    return out;
}

Question choose_names(
    Definition const& definition,
    Value const& preset,
    std::string text,
    std::vector<std::string> const& names
) {
    Question out{
        .kind = Question::Kind::choices,
        .variable = definition.name,
        .text = std::move(text),
        .choices = {},
        .preset = {}
    };
    List chosen;
    auto const* wanted = std::get_if<List>(&preset);
    for (auto const& name : names) {
        out.choices.push_back({name, name});
        if (wanted != nullptr && std::ranges::find(*wanted, Value(name)) != wanted->end())
            chosen.emplace_back(name);
    }
    out.preset = std::move(chosen);
    return out;
}

Question choose_service(
    Definition const& definition,
    Value const& preset,
    std::string const& text,
    std::vector<OfferedService> const& services
) {
    Question out{
        .kind = Question::Kind::choice,
        .variable = definition.name,
        .text = text,
        .choices = {},
        .preset = {}
    };
    if (!definition.required) out.choices.push_back({Value{}, "<none>"});
    for (auto const& service : services) {
        out.choices.push_back({service.name, service.name});
        if (preset == Value(service.name)) out.preset = preset;
    }
    return out;
}

} // namespace kontena::stackfile
