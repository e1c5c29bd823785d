#include "core/base/ids.hpp"
#include "core/base/strings.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/validate/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using yaml::Kind;
using yaml::YamlNode;

namespace {

constexpr std::array<std::string_view, 13> kTopLevel{
    "stack",
    "version",
    "description",
    "meta",
    "labels",
    "expose",
    "depends",
    "variables",
    "services",
    "volumes",
    "networks",
    "data",
    "errors",
};

/// What cannot be a name at all is an error elsewhere.
bool usual_name(std::string_view name) {
    return !core::valid_name(name) || std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

void check_keys(YamlNode const& document, Report& report) {
    for (auto const& [key, value] : document.entries) {
        if (report.full_of_warnings()) return;
        if (std::ranges::find(kTopLevel, key.text) == kTopLevel.end()) {
            report.warn(
                key.text,
                place_of(key),
                "unknown top-level key, ignored" + core::suggestion(key.text, kTopLevel)
            );
        } else if (key.text == "networks") {
            report.warn("networks", place_of(key), "there is one network per grid; ignored");
        } else if (key.text == "meta" && !value.is_map() && !value.is_null()) {
            report.warn("meta", place_of(value), wrong_kind("a map", value) + "; ignored");
        } else if (key.text == "meta" && value.find("required_kontena_version") != nullptr) {
            report.warn(
                "meta.required_kontena_version",
                place_of(*value.find("required_kontena_version")),
                "not checked by this version of Kontena"
            );
        }
    }
}

void check_stack_name(YamlNode const& document, Report& report) {
    auto const* stack = document.find("stack");
    Checker in(report, "stack");
    if (stack != nullptr && !stack->is_scalar()) {
        check_string(in, *stack);
    } else if (stack == nullptr || stack->is_null() || stack->text.empty()) {
        in.refuse(stack == nullptr ? document : *stack, "missing: name the stack, [user/]name");
    } else if (auto const name = parse_stack_reference(stack->text).stack; !usual_name(name)) {
        report.warn(
            "stack",
            place_of(*stack),
            fmt::format("'{}' has other characters than a-z, 0-9 and '-'", name)
        );
    }
}

void check_version(YamlNode const& document, Report& report) {
    Checker in(report, "version");
    if (auto const* node = document.find("version"); node != nullptr) check_scalar(in, *node);
}

/// A name that no service has is refused only where a new stack is made of the file.
void check_expose(YamlNode const& document, Report& report) {
    auto const* expose = document.find("expose");
    if (expose == nullptr || expose->is_null()) return;
    Checker in(report, "expose");
    check_string(in, *expose);
    auto const* services = document.find("services");
    if (!expose->is_string() || services == nullptr || services->find(expose->text) != nullptr)
        return;
    std::vector<std::string_view> known;
    for (auto const& [name, service] : services->entries) known.push_back(name.text);
    in.warn(
        *expose,
        fmt::format(
            "there is no service '{}', so a new stack cannot be installed from this file{}",
            expose->text,
            core::suggestion(expose->text, known)
        )
    );
}

bool empty_section(YamlNode const* section) {
    return section == nullptr || section->is_null() ||
           (section->is_map() && section->entries.empty());
}

NameSet names_of(YamlNode const* map) {
    NameSet out;
    if (map != nullptr)
        for (auto const& [name, value] : map->entries) out.insert(name.text);
    return out;
}

bool check_name(Checker& in, YamlNode const& name) {
    if (name.is_scalar()) return true;
    in.within(name.text, [&] {
        in.refuse(name, fmt::format("a name must be a string, not {}", yaml::describe(name.kind)));
    });
    return false;
}

void check_services(YamlNode const& document, Report& report) {
    auto const* services = document.find("services");
    Checker in(report, "services");
    if (empty_section(services) && empty_section(document.find("volumes"))) {
        Checker(report, "file").refuse(document, "nothing listed: a stack needs services");
        return;
    }
    if (services == nullptr || services->is_null()) {
        in.refuse(services == nullptr ? document : *services, "missing: a stack needs a service");
        return;
    }
    if (!services->is_map()) {
        in.refuse(*services, "must be a map of names to services");
        return;
    }
    if (services->entries.size() > kMaxServices) {
        in.refuse(*services, fmt::format("more than {} services in one stack", kMaxServices));
        return;
    }
    auto const volumes = names_of(document.find("volumes"));
    for (auto const& [name, service] : services->entries) {
        if (report.full()) return;
        if (!check_name(in, name)) continue;
        in.within(name.text, [&] {
            if (!usual_name(name.text))
                report.warn(
                    in.path(), place_of(name), "the name has other characters than a-z, 0-9 and '-'"
                );
            if (!service.is_map()) {
                in.refuse(
                    service.is_null() ? name : service,
                    fmt::format("must be a map, not {}", yaml::describe(service.kind))
                );
            } else {
                validate_service(in, service, volumes);
            }
        });
    }
}

void check_external(Checker& in, YamlNode const& external) {
    if (external.kind == Kind::boolean && external.boolean) return;
    auto const* name = external.find("name");
    if (name != nullptr && name->is_string() && !name->text.empty()) return;
    in.refuse(external, "must be true, or a map with the name of the volume");
}

void check_volumes(YamlNode const& document, Report& report) {
    auto const* volumes = document.find("volumes");
    if (volumes == nullptr) return;
    Checker in(report, "volumes");
    if (!volumes->is_map()) {
        in.refuse(*volumes, "must be a map of names to volumes, such as data: {external: true}");
        return;
    }
    static constexpr auto kVolume = std::to_array<KeyRule>({{"external", check_external, true}});
    for (auto const& [name, volume] : volumes->entries)
        if (check_name(in, name))
            in.within(name.text, [&] {
                if (volume.is_map())
                    check_map(in, volume, kVolume);
                else
                    in.refuse(
                        volume.is_null() ? name : volume,
                        fmt::format("must be a map: write {}: {{external: true}}", name.text)
                    );
            });
}

/// A dependency gives the stack a variable and the grid a stack, a service does so too.
void check_dependency_names(YamlNode const& document, Report& report) {
    auto const* depends = document.find("depends");
    if (depends == nullptr) return;
    auto const services = names_of(document.find("services"));
    for (auto const& [name, entry] : depends->entries)
        if (services.contains(name.text))
            report.error(
                "depends." + name.text,
                place_of(name),
                fmt::format("there is also a service '{}': give one another name", name.text)
            );
}

} // namespace

void validate_document(YamlNode const& document, Report& report, Role role) {
    if (!document.is_map()) {
        report.error("", place_of(document), "the file must be a map of keys");
        return;
    }
    check_keys(document, report);
    if (role == Role::stack) check_stack_name(document, report);
    check_version(document, report);
    Checker in(report, "");
    if (auto const* labels = document.find("labels"); labels != nullptr && !labels->is_null())
        in.within("labels", [&] { check_string_list(in, *labels); });
    check_expose(document, report);
    check_services(document, report);
    check_volumes(document, report);
    check_dependency_names(document, report);
}

} // namespace kontena::stackfile
