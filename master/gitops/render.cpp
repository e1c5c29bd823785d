#include "master/gitops/render.hpp"

#include "core/base/digest.hpp"
#include "core/json/codec.hpp"
#include "stackfile/grid/folder.hpp"
#include "stackfile/grid/grid_file.hpp"
#include "stackfile/path.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace kontena::master {

namespace {

using stackfile::Document;

/// The tree of the commit and nothing else, no environment: what a commit means must not depend on
/// the master's process. No random values either: each poll would give others.
class Repository : public stackfile::Outside {
public:
    explicit Repository(ReadFile const& read)
        : read_(read) {}

    core::Result<std::string> beside(Document const& document, std::string const& path) override {
        return inside(stackfile::join_path(stackfile::folder_of(document.file), path));
    }

    core::Result<Document> load(Document const& from, std::string const& reference) override {
        if (reference.find("://") != std::string::npos)
            return core::fail(
                core::Errc::unsupported,
                fmt::format("{}: a Git source reads files of its repository only", reference)
            );
        auto const path = stackfile::join_path(stackfile::folder_of(from.file), reference);
        auto text = inside(path);
        if (!text) return std::move(text.error());
        return document_of(path, std::move(*text));
    }

    static Document document_of(std::string const& path, std::string text) {
        return {std::move(text), path, path, std::string(stackfile::folder_of(path))};
    }

    core::Result<std::string> random(std::size_t) override {
        return core::fail(
            core::Errc::unsupported,
            "a random value would change with each sync: give the variable a fixed one"
        );
    }

    core::Result<stackfile::Value> secret(std::string const&) override { return no_vault(); }

    core::Result<std::vector<std::string>> secret_names() override { return no_vault(); }

    core::Result<std::vector<std::string>> certificate_subjects() override {
        return core::fail(core::Errc::unsupported, "this master has no certificates yet");
    }

private:
    core::Result<std::string> inside(std::string const& path) {
        if (path == ".." || path.starts_with("../") || path.starts_with('/'))
            return core::fail(
                core::Errc::not_found,
                fmt::format("{}: no such file: it is outside of the repository", path)
            );
        return read_(path);
    }

    static core::Error no_vault() {
        return core::fail(core::Errc::unsupported, "this master has no vault yet");
    }

    ReadFile const& read_; // of the caller of `render`
};

} // namespace

Rendered
render(std::vector<git::File> const& files, ReadFile const& read, std::string const& grid) {
    Rendered out;
    Repository outside(read);
    std::vector<Document> documents;
    for (auto const& file : files)
        if (stackfile::is_stack_file(file.text) || stackfile::grid::is_grid_file(file.text))
            documents.push_back(Repository::document_of(file.path, file.text));
    stackfile::Input const base{.grid = grid, .outside = &outside};
    auto folder = stackfile::grid::read_folder(documents, base, stackfile::grid::Choice::own);
    for (auto& [document, name, reading] : folder.readings) {
        for (auto* issues : {&reading.errors, &reading.refusals, &reading.beyond})
            std::ranges::copy(*issues, std::back_inserter(out.issues));
        std::ranges::move(reading.warnings, std::back_inserter(out.warnings));
        if (reading.stack && reading.beyond.empty())
            out.stacks.push_back(std::make_shared<model::StackSpec const>(std::move(*reading.stack))
            );
    }
    std::ranges::move(folder.errors, std::back_inserter(out.issues));
    std::ranges::move(folder.warnings, std::back_inserter(out.warnings));
    out.settings = std::move(folder.settings);
    std::ranges::sort(out.stacks, {}, [](auto const& stack) { return stack->name; });
    return out;
}

Rendered render(git::FetchReply const& fetched, std::string const& grid) {
    std::map<std::string_view, std::string_view> texts;
    for (auto const* files : {&fetched.files, &fetched.others})
        for (auto const& file : *files) texts.emplace(file.path, file.text);
    ReadFile const read = [&](std::string const& path) -> core::Result<std::string> {
        auto const found = texts.find(path);
        if (found != texts.end()) return std::string(found->second);
        return core::fail(core::Errc::not_found, fmt::format("{}: no such file", path));
    };
    return render(fetched.files, read, grid);
}

core::RevisionId revision_id(
    core::SourceId const& source,
    std::string const& commit,
    std::vector<std::shared_ptr<model::StackSpec const>> const& stacks,
    std::optional<model::GridSettings> const& settings
) {
    auto text = commit + "\n";
    if (settings) text += json::encode_text(*settings) + "\n";
    for (auto const& stack : stacks) text += json::encode_text(*stack) + "\n";
    return core::RevisionId(
        fmt::format("{}/{}", source.str(), core::content_digest(text).substr(0, 16))
    );
}

} // namespace kontena::master
