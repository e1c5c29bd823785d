#include "stackfile/grid/folder.hpp"

#include "core/yaml/load.hpp"
#include "stackfile/grid/grid_file.hpp"
#include "stackfile/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace kontena::stackfile::grid {
namespace {

class Selector {
public:
    Selector(Input const& base, Choice choice)
        : base_(base)
        , choice_(choice) {}

    Selection
    run(std::vector<Document> const& grid_files, std::vector<Document> const& stack_files) {
        for (auto const& document : grid_files) add_grid_file(document);
        // Which stacks, with which variables: that is said for others, so nothing is guessed.
        if (out_.grid_files.empty() && foreign_)
            out_.errors.push_back(
                {.path = "grid",
                 .reason = fmt::format(
                     "there is no grid file for '{}' here, only for others", base_.grid
                 ),
                 .file = foreign_->file,
                 .line = 1,
                 .column = 1}
            );
        else if (out_.grid_files.empty())
            for (auto const& document : stack_files)
                out_.inputs.push_back({.input = input_for(base_, document), .values = {}});
        return std::move(out_);
    }

private:
    void add_grid_file(Document const& document) {
        auto reading = read(document.text, document.file);
        if (choice_ == Choice::own && !reading.grid.empty() && reading.grid != base_.grid) {
            out_.warnings.push_back(
                {.path = "grid",
                 .reason = fmt::format(
                     "is for the grid '{}': left alone by '{}'", reading.grid, base_.grid
                 ),
                 .file = document.file,
                 .line = 1,
                 .column = 1}
            );
            foreign_ = &document;
            return;
        }
        auto const [first, fresh] = owners_.try_emplace(reading.grid, document.file);
        if (!fresh)
            out_.errors.push_back(
                {.path = "grid",
                 .reason = fmt::format(
                     "the grid '{}' also has the file {}: there is one per grid",
                     reading.grid,
                     first->second
                 ),
                 .file = document.file,
                 .line = 1,
                 .column = 1}
            );
        out_.grid_files.push_back(document);
        std::ranges::move(reading.errors, std::back_inserter(out_.errors));
        std::ranges::move(reading.warnings, std::back_inserter(out_.warnings));
        if (!fresh || !reading.file) return;
        out_.settings = reading.file->settings;
        install(*reading.file, document);
    }

    /// A path never looks like the name of a stack in a registry.
    static std::string where(StackEntry const& entry) {
        auto const path = entry.is_file && !entry.reference.starts_with("./");
        return path ? "./" + entry.reference : entry.reference;
    }

    void install(GridFile const& file, Document const& document) {
        auto const text = yaml::normalise_text(document.text);
        LineIndex const lines(text);
        Report report(lines, document.file);
        Outside nothing;
        auto& world = base_.outside == nullptr ? nothing : *base_.outside;
        for (auto const& entry : file.stacks) {
            auto const loaded = world.load(document, where(entry));
            if (!loaded) {
                report.error(
                    fmt::format("stacks.{}.{}", entry.name, entry.is_file ? "file" : "stack"),
                    entry.reference_place,
                    loaded.error().message
                );
                continue;
            }
            auto input = input_for(base_, *loaded);
            input.grid = file.name;
            input.stack_name = entry.name;
            input.values = entry.variables;
            for (auto const& [name, value] : base_.values)
                input.values.insert_or_assign(name, value);
            out_.inputs.push_back(
                {.input = std::move(input), .values = places_of(entry, document, lines)}
            );
        }
        std::ranges::move(report.take_errors(), std::back_inserter(out_.errors));
    }

    /// Where the values of an entry stand that are not replaced by others.
    std::map<std::string, core::Issue>
    places_of(StackEntry const& entry, Document const& document, LineIndex const& lines) const {
        std::map<std::string, core::Issue> out;
        for (auto const& [name, place] : entry.variable_places) {
            if (base_.values.contains(name)) continue;
            Report report(lines, document.file);
            report.warn(fmt::format("stacks.{}.variables.{}", entry.name, name), place, "");
            out.emplace(name, report.take_warnings().front());
        }
        return out;
    }

    Input const& base_;
    Choice choice_;
    std::map<std::string, std::string> owners_; ///< the first file of each grid
    Document const* foreign_ = nullptr;         ///< a grid file of another grid
    Selection out_;
};

} // namespace

Selection select(
    std::vector<Document> const& grid_files,
    std::vector<Document> const& stack_files,
    Input const& base,
    Choice choice
) {
    return Selector(base, choice).run(grid_files, stack_files);
}

std::vector<core::Issue>
unused_values(Selected const& selected, std::vector<UnknownValue> const& unknown) {
    std::vector<core::Issue> out;
    for (auto const& value : unknown) {
        auto const place = selected.values.find(value.name);
        if (place == selected.values.end()) continue;
        out.push_back(place->second);
        out.back().reason = no_variable(value);
    }
    return out;
}

Folder read_folder(
    std::vector<Document> const& documents, Input const& base, Choice choice, Depends depends
) {
    std::vector<Document> grid_files;
    std::vector<Document> stack_files;
    for (auto const& document : documents)
        (is_grid_file(document.text) ? grid_files : stack_files).push_back(document);
    auto selection = select(grid_files, stack_files, base, choice);
    Folder out{
        .readings = {},
        .grid_files = std::move(selection.grid_files),
        .settings = std::move(selection.settings),
        .errors = std::move(selection.errors),
        .warnings = std::move(selection.warnings)
    };
    if (choice == Choice::every && depends == Depends::read) depends = Depends::check;
    std::vector<Claim> claims;
    for (auto const& selected : selection.inputs) {
        auto family = read_all(selected.input, depends);
        std::ranges::move(
            unused_values(selected, unknown_values(family)), std::back_inserter(out.warnings)
        );
        for (auto& one : family) {
            if (auto claim = claim_of(one, selected.input.grid))
                claims.push_back(std::move(*claim));
            out.readings.push_back(std::move(one));
        }
    }
    for (auto const& unknown : unknown_values(out.readings))
        if (base.values.contains(unknown.name))
            out.warnings.push_back({.path = unknown.name, .reason = no_variable(unknown)});
    std::ranges::move(name_clashes(claims), std::back_inserter(out.errors));
    return out;
}

} // namespace kontena::stackfile::grid
