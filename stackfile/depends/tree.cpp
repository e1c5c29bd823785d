#include "stackfile/depends/tree.hpp"

#include "core/base/ids.hpp"
#include "core/yaml/load.hpp"
#include "stackfile/header.hpp"
#include "stackfile/source_file.hpp"
#include "stackfile/validate/checker.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using yaml::YamlNode;

namespace {

/// Values are not expanded, so a template in one is a mistake and not a map.
bool has_map(YamlNode const& node) {
    return node.is_map() || std::ranges::any_of(node.items, has_map);
}

void check_variables(Checker& in, YamlNode const& map) {
    if (!map.is_map()) {
        in.refuse(map, "must be a map of names to values");
        return;
    }
    for (auto const& [name, value] : map.entries)
        in.within(name.text, [&] {
            if (has_map(value))
                in.refuse(value, "must be a single value or a list; templates do not work here");
        });
}

/// Values go to a child as `-v NAME=VALUE` gives them: as texts.
Value as_given(Value const& value) {
    return is_list(value) || is_null(value) ? value : Value(to_text(value));
}

class Tree {
public:
    Tree(Library& library, Report& report)
        : library_(library)
        , report_(report) {}

    std::vector<Dependency> read(
        YamlNode const& raw, Document const& document, std::string const& installed_name, Report& to
    ) {
        std::vector<Dependency> out;
        auto const* section = raw.find_entry("depends");
        if (section == nullptr) return out;
        Checker in(to, "depends");
        if (!section->value.is_map()) {
            auto const& at = section->value.is_null() ? section->key : section->value;
            in.refuse(at, "must be a map of names to stacks");
            return out;
        }
        chain_.push_back(&document);
        for (auto const& [name, entry] : section->value.entries)
            in.within(name.text, [&] { add(in, name, entry, installed_name, out); });
        chain_.pop_back();
        return out;
    }

private:
    void
    add(Checker& in,
        YamlNode const& name,
        YamlNode const& entry,
        std::string const& parent_name,
        std::vector<Dependency>& out) {
        static constexpr auto kDependency = std::to_array<KeyRule>({
            {"stack", check_string, true},
            {"variables", check_variables},
        });
        if (!entry.is_map()) {
            in.refuse(
                entry.is_null() ? name : entry,
                fmt::format("must be a map: write {}: {{stack: ...}}", name.text)
            );
            return;
        }
        if (!core::valid_name(name.text))
            in.refuse(name, fmt::format("'{}' cannot be part of the name of a stack", name.text));
        check_map(in, entry, kDependency);
        auto const* stack = entry.find("stack");
        if (stack == nullptr || !stack->is_string()) return;
        auto const document = load(in, *stack);
        if (document == nullptr) return;
        Dependency made{
            .name = name.text,
            .installed_name = fmt::format("{}-{}", parent_name, name.text),
            .document = *document,
            .variables = {},
            .variable_places = {},
            .depends = {}
        };
        if (auto const* variables = entry.find("variables"))
            for (auto const& [key, value] : variables->entries) {
                auto const at = in.report().issue("", place_of(key), "");
                made.variables.insert_or_assign(key.text, from_node(value));
                made.variable_places.insert_or_assign(key.text, Place{at.line, at.column});
            }
        read_child(made);
        out.push_back(std::move(made));
    }

    Library::Loaded load(Checker& in, YamlNode const& stack) {
        auto const refuse = [&](std::string reason) -> Library::Loaded {
            in.within("stack", [&] { in.refuse(stack, std::move(reason)); });
            return nullptr;
        };
        if (++count_ > kMaxDependencies)
            return count_ > kMaxDependencies + 1
                       ? nullptr
                       : refuse(fmt::format("more than {} dependencies", kMaxDependencies));
        auto const loaded = library_.load(*chain_.back(), stack.text);
        if (!loaded) return refuse(loaded.error().message);
        auto const& document = **loaded;
        auto const again = std::ranges::find(chain_, document.reference, &Document::reference);
        if (again != chain_.end()) {
            std::vector<std::string_view> way;
            for (auto at = again; at != chain_.end(); ++at) way.push_back((*at)->file);
            way.push_back(document.file);
            return refuse(fmt::format("depends in a circle: {}", fmt::join(way, " → ")));
        }
        if (chain_.size() > kMaxDependencyDepth)
            return refuse(fmt::format("depends more than {} levels deep", kMaxDependencyDepth));
        return *loaded;
    }

    /// Its own dependencies, by its raw document.
    void read_child(Dependency& child) {
        SourceFile file(child.document);
        if (auto const* raw = file.parse(); raw != nullptr)
            child.depends = read(*raw, child.document, child.installed_name, file.report());
        for (auto& issue : file.report().take_errors()) report_.error_elsewhere(std::move(issue));
    }

    Library& library_;
    Report& report_;
    std::vector<Document const*> chain_; ///< from the first file to the one at work
    std::size_t count_ = 0;
};

} // namespace

std::vector<Dependency> read_dependencies(
    YamlNode const& raw,
    Document const& document,
    std::string const& installed_name,
    Library& library,
    Report& report
) {
    return Tree(library, report).read(raw, document, installed_name, report);
}

std::vector<std::pair<std::string, Value>>
dependency_variables(std::vector<Dependency> const& dependencies) {
    std::vector<std::pair<std::string, Value>> out;
    for (auto const& child : dependencies) out.emplace_back(child.name, child.installed_name);
    for (auto const& child : dependencies)
        for (auto& variable : dependency_variables(child.depends))
            out.push_back(std::move(variable));
    return out;
}

Dependencies dependency_tree(Input const& input) {
    Outside nothing;
    Library library(input.outside == nullptr ? nothing : *input.outside);
    SourceFile file({input.text, input.file, input.reference, input.directory});
    Dependencies out;
    if (auto const* raw = file.parse(); raw != nullptr) {
        out.name = read_header(*raw, input).name;
        out.list = read_dependencies(*raw, file.origin(), out.name, library, file.report());
    }
    out.errors = file.report().take_errors();
    return out;
}

Input dependency_input(Input const& parent, Dependency const& child) {
    Input out = parent;
    out.text = child.document.text;
    out.file = child.document.file;
    out.reference = child.document.reference;
    out.directory = child.document.directory;
    out.registry = child.document.registry;
    out.stack_name = child.installed_name;
    out.parent_name =
        child.installed_name.substr(0, child.installed_name.size() - child.name.size() - 1);
    out.values.clear();
    out.defaults.clear();
    for (auto const& [name, value] : child.variables)
        out.values.insert_or_assign(name, as_given(value));
    auto const prefix = child.name + ".";
    for (auto const& [name, value] : parent.values)
        if (name.starts_with(prefix))
            out.values.insert_or_assign(name.substr(prefix.size()), value);
    return out;
}

} // namespace kontena::stackfile
