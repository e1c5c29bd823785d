#include "stackfile/compose/convert.hpp"

#include "core/yaml/emit.hpp"
#include "core/yaml/load.hpp"
#include "core/yaml/make.hpp"
#include "stackfile/compose/service.hpp"
#include "stackfile/compose/values.hpp"
#include "stackfile/validate/checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile::compose {

using yaml::make_boolean;
using yaml::make_list;
using yaml::make_map;
using yaml::make_text;
using yaml::put;
using yaml::YamlNode;

namespace {

/// Top-level keys that need no note.
constexpr std::array<std::string_view, 4> kUnderstood{"version", "name", "services", "volumes"};

class Converter {
public:
    Converter(std::string_view text, std::string const& file, std::string const& stack)
        : raw_(text)
        , text_(yaml::normalise_text(text))
        , lines_(text_)
        , report_(lines_, file)
        , context_{report_, stack, {}, {}} {}

    Conversion run() {
        Conversion out;
        if (auto const document = load(); document && is_compose(*document)) {
            auto made = convert(*document);
            if (!report_.has_errors()) out.text = yaml::emit(made);
        }
        out.errors = report_.take_errors();
        out.notes = report_.take_warnings();
        return out;
    }

private:
    std::optional<YamlNode> load() {
        auto const checked = yaml::check_text(raw_, report_.file());
        auto tree = checked ? yaml::load_checked(text_, report_.file())
                            : core::Result<YamlNode>(checked.error());
        if (tree) return std::move(*tree);
        for (auto const& issue : tree.error().issues)
            report_.error("", {issue.line, issue.column}, "not valid YAML: " + issue.reason);
        return std::nullopt;
    }

    bool is_compose(YamlNode const& document) {
        auto const* services = document.find("services");
        if (document.find("stack") != nullptr) {
            report_.error("stack", place_of(document), "this is a stack file already");
        } else if (services == nullptr) {
            report_.error(
                "services",
                {1, 1},
                "missing: a Compose file has services (version 1 of the format, with services at "
                "the top level, is not understood)"
            );
        } else if (!services->is_map()) {
            report_.error("services", place_of(*services), "must be a map of names to services");
        }
        return !report_.has_errors();
    }

    YamlNode convert(YamlNode const& document) {
        if (auto const* name = document.find("name"); name != nullptr && !name->text.empty())
            context_.stack = name->text;
        auto services = make_map();
        for (auto const& entry : document.find("services")->entries) {
            auto const& name = entry.key;
            if (entry.value.is_map())
                put(services, name.text, convert_service(context_, entry));
            else
                report_.error("services." + name.text, place_of(name), "must be a map of keys");
        }
        note_rest(document);
        auto out = make_map();
        put(out, "stack", make_text(context_.stack));
        auto volumes = convert_volumes(document);
        if (!context_.variables.empty()) put(out, "variables", variables());
        put(out, "services", std::move(services));
        if (!volumes.entries.empty()) put(out, "volumes", std::move(volumes));
        return out;
    }

    void note_rest(YamlNode const& document) {
        for (auto const& [key, value] : document.entries) {
            if (std::ranges::find(kUnderstood, key.text) != kUnderstood.end()) continue;
            if (key.text.starts_with("x-")) continue;
            auto const why = key.text == "networks"  ? "all services share the grid's network"
                             : key.text == "secrets" ? "write them to the vault of the grid"
                             : key.text == "configs" ? "give files with volumes:"
                                                     : "stack files do not have it";
            report_.warn(key.text, place_of(key), fmt::format("not carried over: {}", why));
        }
    }

    /// Volumes of a stack are volumes of the grid, made before.
    YamlNode convert_volumes(YamlNode const& document) {
        auto out = make_map();
        auto const* section = document.find("volumes");
        for (auto const& [name, volume] :
             section == nullptr ? std::vector<yaml::YamlEntry>{} : section->entries) {
            put(out, name.text, external(name, volume));
            context_.mounted.erase(name.text);
        }
        for (auto const& name : context_.mounted) {
            auto entry = make_map();
            put(entry, "external", make_boolean(true));
            put(out, name, std::move(entry));
        }
        return out;
    }

    YamlNode external(YamlNode const& key, YamlNode const& volume) {
        auto const* external = volume.find("external");
        auto const is_external = external != nullptr && (external->is_map() || external->boolean);
        auto const* name = volume.find("name");
        if (name == nullptr && external != nullptr) name = external->find("name");
        auto out = make_map();
        if (name == nullptr) {
            put(out, "external", make_boolean(true));
        } else {
            auto inner = make_map();
            put(inner, "name", make_text(name->text));
            put(out, "external", std::move(inner));
        }
        auto const path = "volumes." + key.text;
        if (!is_external)
            report_.warn(
                path, place_of(key), "Compose would make it; a stack uses volumes that the grid has"
            );
        for (auto const& [option, value] : volume.entries)
            if (option.text != "external" && option.text != "name")
                report_.warn(
                    path + "." + option.text,
                    place_of(option),
                    "not carried over: it belongs to the volume, not to the stack"
                );
        return out;
    }

    YamlNode variables() const {
        auto out = make_map();
        for (auto const& [name, variable] : context_.variables) {
            auto entry = make_map();
            put(entry, "type", make_text("string"));
            if (variable.fallback && !variable.fallback->empty())
                put(entry, "default", make_text(*variable.fallback));
            else if (!variable.required)
                put(entry, "required", make_boolean(false));
            put(out, name, std::move(entry));
        }
        return out;
    }

    std::string_view raw_;
    std::string text_;
    LineIndex lines_;
    Report report_;
    Context context_;
};

} // namespace

Conversion convert(std::string_view text, std::string const& file, std::string const& stack) {
    return Converter(text, file, stack).run();
}

} // namespace kontena::stackfile::compose
