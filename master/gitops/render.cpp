#include "master/gitops/render.hpp"

#include "core/base/digest.hpp"
#include "core/json/codec.hpp"
#include "stackfile/read.hpp"

#include <algorithm>
#include <iterator>

namespace kontena::master {

Rendered render(std::vector<git::File> const& files, std::string const& grid) {
    Rendered out;
    for (auto const& file : files) {
        if (!stackfile::is_stack_file(file.text)) continue;
        // No environment: what a commit means must not depend on the master's process.
        auto reading = stackfile::read({.text = file.text, .file = file.path, .grid = grid});
        std::ranges::move(reading.errors, std::back_inserter(out.issues));
        std::ranges::move(reading.warnings, std::back_inserter(out.warnings));
        if (reading.stack)
            out.stacks.push_back(std::make_shared<model::StackSpec const>(std::move(*reading.stack))
            );
    }
    std::ranges::sort(out.stacks, {}, [](auto const& stack) { return stack->name; });
    return out;
}

core::RevisionId revision_id(
    core::SourceId const& source,
    std::string const& commit,
    std::vector<std::shared_ptr<model::StackSpec const>> const& stacks
) {
    auto text = commit + "\n";
    for (auto const& stack : stacks) text += json::encode_text(*stack) + "\n";
    return core::RevisionId(
        fmt::format("{}/{}", source.str(), core::content_digest(text).substr(0, 16))
    );
}

} // namespace kontena::master
