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

class FolderReader {
public:
    FolderReader(Input const& base, Choice choice, Depends depends)
        : base_(base)
        , choice_(choice)
        , depends_(depends) {}

    Folder run(std::vector<Document> const& documents) {
        for (auto const& document : documents)
            if (is_grid_file(document.text)) add_grid_file(document);
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
            read_stack_files(documents);
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
        std::vector<FileReading> readings;
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
            std::ranges::move(read_all(input, depends_), std::back_inserter(readings));
        }
        std::ranges::move(report.take_errors(), std::back_inserter(out_.errors));
        add(std::move(readings));
    }

    void read_stack_files(std::vector<Document> const& documents) {
        std::vector<FileReading> readings;
        for (auto const& document : documents)
            if (!is_grid_file(document.text))
                std::ranges::move(
                    read_all(input_for(base_, document), depends_), std::back_inserter(readings)
                );
        add(std::move(readings));
    }

    void add(std::vector<FileReading> readings) {
        std::ranges::move(name_clashes(readings), std::back_inserter(out_.errors));
        std::ranges::move(readings, std::back_inserter(out_.readings));
    }

    Input const& base_;
    Choice choice_;
    Depends depends_;
    std::map<std::string, std::string> owners_; ///< the first file of each grid
    Document const* foreign_ = nullptr;         ///< a grid file of another grid
    Folder out_;
};

} // namespace

Folder read_folder(
    std::vector<Document> const& documents, Input const& base, Choice choice, Depends depends
) {
    return FolderReader(base, choice, depends).run(documents);
}

} // namespace kontena::stackfile::grid
