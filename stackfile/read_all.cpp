#include "stackfile/read_all.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace kontena::stackfile {
namespace {

class Family {
public:
    explicit Family(Depends depends)
        : depends_(depends) {}

    void
    add(Input const& input, std::vector<Dependency> const& dependencies, std::string const& prefix
    ) {
        std::vector<core::Issue> warnings;
        for (auto const& child : dependencies) {
            auto given = dependency_input(input, child);
            if (depends_ == Depends::check) given.stack_name.clear();
            add(given, child.depends, prefix + child.name + ".");
            warn_of_unknown(input, child, warnings);
        }
        FileReading made{
            .document = {input.text, input.file, input.reference, input.directory},
            .name = input.stack_name,
            .reading = read(input),
            .prefix = prefix,
            .installed = prefix.empty() || depends_ == Depends::read
        };
        std::ranges::move(warnings, std::back_inserter(made.reading.warnings));
        if (made.reading.normal) made.name = made.reading.normal->name;
        for (auto* issues : {&made.reading.errors, &made.reading.refusals, &made.reading.warnings})
            drop_known(*issues);
        out_.push_back(std::move(made));
    }

    std::vector<FileReading> take() { return std::move(out_); }

private:
    /// Values that stand in the entry of `depends`; the others are told of where they were given.
    void warn_of_unknown(
        Input const& input, Dependency const& child, std::vector<core::Issue>& warnings
    ) const {
        for (auto const& unknown : out_.back().reading.unknown_values) {
            auto const at = child.variable_places.find(unknown.name);
            if (at == child.variable_places.end() ||
                input.values.contains(child.name + "." + unknown.name))
                continue;
            warnings.push_back(
                {.path = fmt::format("depends.{}.variables.{}", child.name, unknown.name),
                 .reason = no_variable(unknown),
                 .file = input.file,
                 .line = at->second.line,
                 .column = at->second.column}
            );
        }
    }

    void drop_known(std::vector<core::Issue>& issues) {
        std::erase_if(issues, [&](core::Issue const& issue) {
            return std::ranges::find(known_, issue) != known_.end();
        });
        known_.insert(known_.end(), issues.begin(), issues.end());
    }

    Depends depends_;
    std::vector<FileReading> out_;
    std::vector<core::Issue> known_;
};

} // namespace

std::vector<FileReading> read_all(Input const& input, Depends depends) {
    Family family(depends);
    family.add(
        input,
        depends == Depends::leave ? std::vector<Dependency>{} : dependency_tree(input).list,
        ""
    );
    return family.take();
}

std::string no_variable(UnknownValue const& value) {
    return fmt::format(
        "there is no variable '{}', so this value is not used{}", value.name, value.hint
    );
}

std::vector<UnknownValue> unknown_values(std::vector<FileReading> const& readings) {
    std::map<std::string, std::pair<std::size_t, std::string>> missing;
    std::size_t roots = 0;
    for (auto const& one : readings) {
        if (one.prefix.empty()) ++roots;
        for (auto const& unknown : one.reading.unknown_values) {
            auto& [times, hint] = missing[one.prefix + unknown.name];
            ++times;
            if (hint.empty()) hint = unknown.hint;
        }
    }
    std::vector<UnknownValue> out;
    for (auto& [name, found] : missing)
        if (found.first == roots) out.push_back({name, std::move(found.second)});
    return out;
}

std::optional<Claim> claim_of(FileReading const& one, std::string const& grid) {
    if (!one.reading.normal || !one.installed) return std::nullopt;
    return Claim{grid, one.name, {one.document.file, one.reading.normal->origin.line}};
}

std::vector<core::Issue> name_clashes(std::vector<Claim> const& claims) {
    std::vector<core::Issue> out;
    std::map<std::pair<std::string_view, std::string_view>, Claim const*> owners;
    for (auto const& claim : claims) {
        auto const [first, fresh] = owners.try_emplace({claim.grid, claim.name}, &claim);
        if (fresh) continue;
        out.push_back(
            {.path = "stack",
             .reason = fmt::format(
                 "the stack '{}' is also in {}", claim.name, first->second->origin.file
             ),
             .file = claim.origin.file,
             .line = claim.origin.line,
             .column = 1}
        );
    }
    return out;
}

Input input_for(Input const& base, Document const& document) {
    auto out = base;
    out.text = document.text;
    out.file = document.file;
    out.reference = document.reference;
    out.directory = document.directory;
    out.registry = document.registry;
    return out;
}

} // namespace kontena::stackfile
