#include "stackfile/read_all.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace kontena::stackfile {
namespace {

class Family {
public:
    void add(Input const& input, std::vector<Dependency> const& dependencies) {
        for (auto const& child : dependencies) add(dependency_input(input, child), child.depends);
        FileReading made{
            .document = {input.text, input.file, input.reference, input.directory},
            .name = input.stack_name,
            .reading = read(input)
        };
        if (made.reading.normal) made.name = made.reading.normal->name;
        for (auto* issues : {&made.reading.errors, &made.reading.refusals, &made.reading.warnings})
            drop_known(*issues);
        out_.push_back(std::move(made));
    }

    std::vector<FileReading> take() { return std::move(out_); }

private:
    void drop_known(std::vector<core::Issue>& issues) {
        std::erase_if(issues, [&](core::Issue const& issue) {
            return std::ranges::find(known_, issue) != known_.end();
        });
        known_.insert(known_.end(), issues.begin(), issues.end());
    }

    std::vector<FileReading> out_;
    std::vector<core::Issue> known_;
};

} // namespace

std::vector<FileReading> read_all(Input const& input, Depends depends) {
    Family family;
    family.add(
        input, depends == Depends::read ? dependency_tree(input).list : std::vector<Dependency>{}
    );
    return family.take();
}

std::optional<Claim> claim_of(FileReading const& one, std::string const& grid) {
    if (!one.reading.normal) return std::nullopt;
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
    return out;
}

} // namespace kontena::stackfile
