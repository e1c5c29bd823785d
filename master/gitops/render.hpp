#pragma once

#include "core/model/source.hpp"
#include "master/gitops/fetch.hpp"

#include <memory>
#include <string>
#include <vector>

namespace kontena::master {

/// What the files of one commit say. Any issue means that nothing of it may be applied.
struct Rendered {
    std::vector<std::shared_ptr<model::StackSpec const>> stacks; ///< by name
    std::vector<core::Issue> issues;
    std::vector<core::Issue> warnings;
};

/// Reads every stack file among the files; other YAML is left alone.
Rendered render(std::vector<git::File> const& files, std::string const& grid);

/// Names a revision after its content.
core::RevisionId revision_id(
    core::SourceId const& source,
    std::string const& commit,
    std::vector<std::shared_ptr<model::StackSpec const>> const& stacks
);

} // namespace kontena::master
