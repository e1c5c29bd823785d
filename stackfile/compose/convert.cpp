#include "stackfile/compose/convert.hpp"

#include "core/base/ids.hpp"
#include "core/yaml/emit.hpp"
#include "core/yaml/load.hpp"
#include "core/yaml/make.hpp"
#include "stackfile/compose/service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

namespace kontena::stackfile::compose {

using yaml::make_boolean;
using yaml::make_map;
using yaml::make_text;
using yaml::put;
using yaml::YamlNode;

namespace {

/// What a stack file cannot declare.
constexpr std::array<std::string_view, 4> kBuiltIn{"GRID", "STACK", "PLATFORM", "PARENT_STACK"};

/// Top-level keys that need no note.
constexpr std::array<std::string_view, 4> kUnderstood{"version", "name", "services", "volumes"};

class Converter {
public:
    Converter(std::string_view text, std::string const& file, StackName const& name)
        : raw_(text)
        , text_(yaml::normalise_text(text))
        , lines_(text_)
        , report_(lines_, file)
        , name_(name)
        , context_{.report = report_, .stack = {}, .variables = {}} {}

    Conversion run() {
        Conversion out;
        if (auto const document = load(); document && is_compose(*document)) {
            auto made = convert(*document);
            if (!report_.has_errors()) out.text = yaml::emit(made, yaml::Quotes::as_marked);
        }
        out.errors = report_.take_errors();
        out.notes = report_.take_warnings();
        out.examples = examples();
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
        } else if (services->entries.empty()) {
            report_.error("services", place_of(*services), "there are none");
        }
        return !report_.has_errors();
    }

    YamlNode convert(YamlNode const& document) {
        auto const& given = *document.find_entry("services");
        find_all_variables(document);
        context_.stack = stack_name(document);
        for (auto const& entry : given.value.entries) context_.existing.insert(entry.key.text);
        auto services = make_map();
        for (auto const& entry : given.value.entries) {
            if (entry.value.is_map())
                put(services, service_name(entry.key), convert_service(context_, entry));
            else
                report_.error(
                    "services." + entry.key.text, place_of(entry.key), "must be a map of keys"
                );
        }
        note_rest(document);
        if (services.entries.size() > 1)
            report_.warn(
                "services",
                place_of(given.key),
                "containers do not find each other by the name of the service yet: publish a port "
                "and give the address of its host, with environment:"
            );
        auto out = make_map();
        put(out, "stack", make_text(context_.stack));
        auto volumes = convert_volumes(document);
        auto used = used_variables(services);
        if (!used.entries.empty()) put(out, "variables", std::move(used));
        put(out, "services", std::move(services));
        if (!volumes.entries.empty()) put(out, "volumes", std::move(volumes));
        return out;
    }

    /// A default may stand anywhere. One that leads back to its variable is none.
    void find_all_variables(YamlNode const& document) {
        find_variables(document);
        for (auto& [name, variable] : context_.variables) {
            std::set<std::string, std::less<>> names;
            collect_names(variable.fallback.value_or(""), names);
            if (names.contains(name)) variable.fallback.reset();
        }
    }

    void find_variables(YamlNode const& node) {
        if (node.is_string()) std::ignore = translate(node.text, context_.variables);
        for (auto const& item : node.items) find_variables(item);
        for (auto const& entry : node.entries) find_variables(entry.value);
    }

    std::string stack_name(YamlNode const& document) {
        if (!name_.given.empty()) return name_.given;
        Names names;
        auto const* name = document.find("name");
        if (name == nullptr || !name->is_scalar() || name->text.empty())
            return names.of(name_.otherwise);
        VariableMap scratch;
        auto const text = translate(name->text, scratch);
        auto const plain = text ? with_fallbacks(*text, context_.variables) : std::nullopt;
        auto const& out = names.of(plain && !plain->empty() ? *plain : name_.otherwise);
        if (out != name->text)
            report_.warn("name", place_of(*name), fmt::format("the stack is named '{}'", out));
        return out;
    }

    std::string service_name(YamlNode const& key) {
        auto const& name = context_.services.of(key.text);
        if (name != key.text)
            report_.warn(
                "services." + key.text,
                place_of(key),
                fmt::format(
                    "the service is named '{}', as a name has letters, digits, '_' and '-'", name
                )
            );
        return name;
    }

    void note_rest(YamlNode const& document) {
        static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWhy{{
            {"networks", "there are no networks yet: containers are on the bridge of their host"},
            {"secrets", "there is no vault yet: give values with environment: and a variable"},
            {"configs", "put files into the image, or on every host"},
            {"include", "convert those files, too"},
        }};
        for (auto const& [key, value] : document.entries) {
            if (std::ranges::find(kUnderstood, key.text) != kUnderstood.end()) continue;
            if (key.text.starts_with("x-")) continue;
            auto const why =
                std::ranges::find(kWhy, key.text, [](auto const& w) { return w.first; });
            report_.warn(
                key.text,
                place_of(key),
                fmt::format(
                    "not carried over: {}",
                    why == kWhy.end() ? "stack files do not have it" : why->second
                )
            );
        }
    }

    YamlNode convert_volumes(YamlNode const& document) {
        auto out = make_map();
        auto const* section = document.find("volumes");
        for (auto const& [name, volume] :
             section == nullptr ? std::vector<yaml::YamlEntry>{} : section->entries)
            put(out, context_.volumes.of(name.text), external(name, volume));
        for (auto const& name : context_.mounted)
            if (out.find(name) == nullptr) put(out, name, external_of(make_boolean(true)));
        return out;
    }

    static YamlNode external_of(YamlNode value) {
        auto out = make_map();
        put(out, "external", std::move(value));
        return out;
    }

    YamlNode external(YamlNode const& key, YamlNode const& volume) {
        auto const path = "volumes." + key.text;
        for (auto const& [option, value] : volume.entries)
            if (option.text != "external" && option.text != "name")
                report_.warn(
                    path + "." + option.text,
                    place_of(option),
                    "not carried over: each instance has a local volume of its own"
                );
        auto const* outer = volume.find("external");
        auto const* name = volume.find("name");
        if (name == nullptr && outer != nullptr) name = outer->find("name");
        auto const& own = context_.volumes.of(key.text);
        if (own != key.text)
            report_.warn(path, place_of(key), fmt::format("the volume is named '{}'", own));
        if (name == nullptr || name->text.empty()) return external_of(make_boolean(true));
        if (!core::valid_name(name->text)) {
            report_.warn(
                path + ".name",
                place_of(*name),
                "not carried over: a name has letters, digits, '_' and '-'"
            );
            return external_of(make_boolean(true));
        }
        auto inner = make_map();
        put(inner, "name", make_text(name->text));
        return external_of(std::move(inner));
    }

    /// The variables that what was made refers to.
    YamlNode used_variables(YamlNode const& made) {
        std::set<std::string, std::less<>> names;
        collect_names(made, names);
        auto out = make_map();
        for (auto const& name : names) {
            if (std::ranges::find(kBuiltIn, name) != kBuiltIn.end()) {
                report_.warn(
                    "variables",
                    {},
                    fmt::format("{} is a name of stack files: it has its value there", name)
                );
                continue;
            }
            auto const& variable = context_.variables[name];
            put(out, name, definition(name, variable));
            if (!variable.fallback) open_.push_back(name);
            if (variable.differs)
                report_.warn(
                    "variables",
                    {},
                    fmt::format(
                        "{} has several defaults in the file: '{}' is taken everywhere",
                        name,
                        *variable.fallback
                    )
                );
        }
        if (!open_.empty())
            report_.warn(
                "variables",
                {},
                fmt::format(
                    "no default for {}: Compose takes the environment and .env; give values with "
                    "-v NAME=VALUE or --values-from FILE, or write default:",
                    fmt::join(open_, ", ")
                )
            );
        return out;
    }

    /// Each another one, as two may be ports of one service.
    std::map<std::string, std::string> examples() const {
        std::map<std::string, std::string> out;
        int port = 8000; // also a possible number of instances
        for (auto const& name : open_)
            out.emplace(name, context_.paths.contains(name) ? "/" + name : std::to_string(++port));
        return out;
    }

    void collect_names(YamlNode const& node, std::set<std::string, std::less<>>& names) const {
        if (node.is_string()) collect_names(node.text, names);
        for (auto const& item : node.items) collect_names(item, names);
        for (auto const& entry : node.entries) collect_names(entry.value, names);
    }

    /// Also those that defaults refer to.
    void collect_names(std::string const& text, std::set<std::string, std::less<>>& names) const {
        for (auto const& name : names_in(text)) {
            auto const known = context_.variables.find(name);
            if (names.insert(name).second && known != context_.variables.end())
                collect_names(known->second.fallback.value_or(""), names);
        }
    }

    static YamlNode interpolated(std::string const& text) {
        auto out = make_map();
        put(out, "interpolate", make_text(text));
        return out;
    }

    YamlNode definition(std::string const& name, Variable const& variable) const {
        auto out = make_map();
        put(out, "type", make_text("string"));
        auto const fallback = variable.fallback.value_or("");
        if (!names_in(fallback).empty())
            put(out, "from", interpolated(fallback));
        else if (!fallback.empty())
            put(out, "default", make_text(fallback));
        else if (!variable.required && !context_.needed.contains(name))
            put(out, "required", make_boolean(false));
        return out;
    }

    std::string_view raw_;
    std::string text_;
    LineIndex lines_;
    Report report_;
    StackName const& name_;
    Context context_;
    std::vector<std::string> open_;
};

} // namespace

Conversion convert(std::string_view text, std::string const& file, StackName const& name) {
    return Converter(text, file, name).run();
}

} // namespace kontena::stackfile::compose
