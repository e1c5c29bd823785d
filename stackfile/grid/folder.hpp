#pragma once

#include "core/model/grid_settings.hpp"
#include "stackfile/read_all.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kontena::stackfile::grid {

/// Which grid files of a folder count.
enum class Choice {
    own, ///< that of the grid; others are left alone, with a warning
    /// Each, for the grid that it names: to check a folder without having a grid. Nothing is
    /// installed then, so that dependencies go by the names in their own files.
    every,
};

/// A stack file that is to be read, and how.
struct Selected {
    Input input; ///< with the text as far as it was given or loaded
    /// Of a stack that a grid file lists: where each of its values stands, without a reason.
    std::map<std::string, core::Issue> values;
};

/// Which stack files are to be read, before any of them is.
struct Selection {
    std::vector<Selected> inputs;
    std::vector<Document> grid_files; ///< those that count
    std::optional<model::GridSettings> settings;
    std::vector<core::Issue> errors; ///< of grid files
    std::vector<core::Issue> warnings;
};

/// Stack files and grid files that belong together, such as those of a repository. With a grid
/// file exactly the stacks that it lists count, under the names that it gives them; without one
/// every stack file. `base` says how stack files are read: grid, values (which win over those of
/// the grid file), the world. The texts of `stack_files` are not looked at.
Selection select(
    std::vector<Document> const& grid_files,
    std::vector<Document> const& stack_files,
    Input const& base,
    Choice choice
);

/// Warnings about values in a grid file that no stack has a variable for.
std::vector<core::Issue>
unused_values(Selected const& selected, std::vector<UnknownValue> const& unknown);

/// What a set of files wants installed.
struct Folder {
    std::vector<FileReading> readings;
    std::vector<Document> grid_files; ///< those that count
    std::optional<model::GridSettings> settings;
    std::vector<core::Issue> errors; ///< of grid files, and between files
    std::vector<core::Issue> warnings;
};

/// Selects among the documents and reads what is selected.
Folder read_folder(
    std::vector<Document> const& documents,
    Input const& base,
    Choice choice,
    Depends depends = Depends::read
);

} // namespace kontena::stackfile::grid
