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

std::vector<core::Issue> name_clashes(std::vector<FileReading> const& readings) {
    std::vector<core::Issue> out;
    std::map<std::string_view, FileReading const*> owners;
    for (auto const& one : readings) {
        if (!one.reading.normal) continue;
        auto const [first, fresh] = owners.try_emplace(one.name, &one);
        if (fresh) continue;
        out.push_back(
            {.path = "stack",
             .reason = fmt::format(
                 "the stack '{}' is also in {}", one.name, first->second->document.file
             ),
             .file = one.document.file,
             .line = one.reading.normal->origin.line,
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
