#pragma once

#include "core/base/error.hpp"
#include "core/model/grid_settings.hpp"
#include "core/yaml/node.hpp"
#include "stackfile/text.hpp"
#include "stackfile/variables/value.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Grid files: the stacks of one grid and its settings, in one YAML document with a top-level
/// `grid:`. No templates work in it. Pure.
namespace kontena::stackfile::grid {

inline constexpr std::size_t kMaxStacks = 1000;

/// One entry of `stacks:`.
struct StackEntry {
    std::string name;      ///< that it is installed under
    std::string reference; ///< to the stack file: a path from the grid file, a registry name, a URL
    bool is_file = false;  ///< `file:`, a path
    std::map<std::string, Value> variables;
    std::map<std::string, Place> variable_places; ///< of their names
    std::vector<std::string> depends_on;
    Place place;           ///< of the name
    Place reference_place; ///< of what `reference` holds
};

struct GridFile {
    std::string name; ///< of the grid
    model::GridSettings settings;
    std::vector<StackEntry> stacks; ///< those that others depend on first, else as in the file
};

/// A grid file, or errors, all of them, in the order of the file. The places of issues count
/// columns in characters.
struct Reading {
    std::optional<GridFile> file;
    std::string grid; ///< also when there are errors; empty when the file does not say
    std::vector<core::Issue> errors;
    std::vector<core::Issue> warnings;
    yaml::YamlNode document;
};

Reading read(std::string_view text, std::string const& file);

/// True for a YAML document with a top-level `grid:` and no `stack:`, also when it is broken.
bool is_grid_file(std::string_view text);

} // namespace kontena::stackfile::grid
