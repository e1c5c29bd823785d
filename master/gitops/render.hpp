#pragma once

#include "core/model/grid_settings.hpp"
#include "core/model/source.hpp"
#include "master/gitops/fetch.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kontena::master {

/// A file of the tree of the commit; Errc::not_found when it has none of that path.
using ReadFile = std::function<core::Result<std::string>(std::string const& path)>;

/// What the files of one commit say. Any issue means that nothing of it may be applied.
struct Rendered {
    std::vector<std::shared_ptr<model::StackSpec const>> stacks; ///< by name
    std::optional<model::GridSettings> settings;                 ///< of a grid file
    std::vector<core::Issue> issues;
    std::vector<core::Issue> warnings;
};

/// Reads the grid file among the files and what it lists, or else every stack file; other YAML is
/// left alone. What they refer to comes from `read`, always the same in the same order.
Rendered render(std::vector<git::File> const& files, ReadFile const& read, std::string const& grid);

/// The same, with the files and what was fetched besides.
Rendered render(git::FetchReply const& fetched, std::string const& grid);

/// Names a revision after its content.
core::RevisionId revision_id(
    core::SourceId const& source,
    std::string const& commit,
    std::vector<std::shared_ptr<model::StackSpec const>> const& stacks,
    std::optional<model::GridSettings> const& settings = std::nullopt
);

} // namespace kontena::master
