#include "master/gitops/render.hpp"

#include "stackfile/grid/folder.hpp"
#include "stackfile/grid/grid_file.hpp"
#include "stackfile/path.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

namespace kontena::master {
namespace {

using core::Errc;
using core::Issue;
using core::Result;
using stackfile::Document;

Document document_of(std::string const& path, std::string text) {
    return {std::move(text), path, path, std::string(stackfile::folder_of(path))};
}

void move_into(std::vector<Issue>& out, std::vector<Issue>& issues) {
    std::ranges::move(issues, std::back_inserter(out));
}

} // namespace

/// The tree of the commit and nothing else, no environment: what a commit means must not depend on
/// the master's process. No random values either: each poll would give others. Writes down what it
/// was asked for.
class Renderer::Repository : public stackfile::Outside {
public:
    Repository(git::Tree& tree, std::vector<git::Entry> const& files)
        : tree_(tree) {
        known_.reserve(files.size());
        for (auto const& file : files) known_.emplace(file.path, file.id);
    }

    std::optional<git::ObjectId> find(std::string const& path) {
        auto const known = known_.find(path);
        if (known != known_.end()) return known->second;
        auto const [at, fresh] = elsewhere_.try_emplace(path);
        if (fresh) at->second = tree_.find(path);
        return at->second;
    }

    /// A file of the tree; Errc::not_found when it has none of that path.
    Result<std::string> text(std::string const& path) {
        auto const id = find(path);
        seen_.emplace(path, id);
        if (!id) return no_file(path);
        auto text = tree_.read(*id);
        if (text) return text;
        whole_ = false;
        if (text.error().code != Errc::invalid) failure_ = text.error();
        return core::fail(text.error().code, fmt::format("{} {}", path, text.error().message));
    }

    bool same(Seen const& seen) {
        return std::ranges::all_of(seen, [&](auto const& answer) {
            return find(answer.first) == answer.second;
        });
    }

    /// What was asked for since the last call.
    Seen take_seen() { return std::exchange(seen_, {}); }

    /// Set when the tree could not be read: what was made of it is not what the commit says.
    std::optional<core::Error> const& failure() const { return failure_; }

    /// Everything that was asked for could be read.
    bool whole() const { return whole_; }

    /// The answers about files that the source is not about.
    Seen const& elsewhere() const { return elsewhere_; }

    Result<std::string> beside(Document const& document, std::string const& path) override {
        return inside(stackfile::join_path(stackfile::folder_of(document.file), path));
    }

    Result<Document> load(Document const& from, std::string const& reference) override {
        if (reference.find("://") != std::string::npos)
            return core::fail(
                Errc::unsupported,
                fmt::format("{}: a Git source reads files of its repository only", reference)
            );
        auto const path = stackfile::join_path(stackfile::folder_of(from.file), reference);
        KTRY(auto text, inside(path));
        return document_of(path, std::move(text));
    }

    Result<std::string> random(std::size_t) override {
        return core::fail(
            Errc::unsupported,
            "a random value would change with each sync: give the variable a fixed one"
        );
    }

    Result<stackfile::Value> secret(std::string const&) override { return no_vault(); }

    Result<std::vector<std::string>> secret_names() override { return no_vault(); }

    Result<std::vector<std::string>> certificate_subjects() override {
        return core::fail(Errc::unsupported, "this master has no certificates yet");
    }

private:
    Result<std::string> inside(std::string const& path) {
        if (path == ".." || path.starts_with("../") || path.starts_with('/'))
            return core::fail(
                Errc::not_found,
                fmt::format("{}: no such file: it is outside of the repository", path)
            );
        return text(path);
    }

    core::Error no_file(std::string const& path) {
        auto const what = tree_.what(path);
        if (what.empty()) return core::fail(Errc::not_found, fmt::format("{}: no such file", path));
        return core::fail(Errc::invalid, fmt::format("{} is a {}, not a file", path, what));
    }

    static core::Error no_vault() {
        return core::fail(Errc::unsupported, "this master has no vault yet");
    }

    git::Tree& tree_;
    std::unordered_map<std::string_view, git::ObjectId> known_; ///< paths of the caller's entries
    Seen elsewhere_;
    Seen seen_;
    std::optional<core::Error> failure_;
    bool whole_ = true;
};

Result<Rendered> Renderer::render(git::Tree& tree) {
    parsed_ = 0;
    KTRY(auto files, tree.files());
    if (last_ && files == files_) {
        Repository now(tree, files);
        if (now.same(elsewhere_)) return *last_;
    }
    Repository repository(tree, files);
    auto out = read_files(files, repository);
    if (repository.failure()) {
        forget();
        return *repository.failure();
    }
    // What was too large may be so because of other files.
    if (!repository.whole()) {
        forget();
        return out;
    }
    elsewhere_ = repository.elsewhere();
    files_ = std::move(files);
    last_ = out;
    return out;
}

/// A broken one is told about where it is read.
Renderer::FileKind Renderer::kind_of(std::string_view text) {
    if (stackfile::grid::is_grid_file(text)) return FileKind::grid;
    return stackfile::is_stack_file(text) ? FileKind::stack : FileKind::other;
}

void Renderer::forget() {
    kinds_.clear();
    memories_.clear();
    last_.reset();
}

Rendered Renderer::read_files(std::vector<git::Entry> const& files, Repository& repository) {
    Rendered out;
    std::map<git::ObjectId, FileKind> kinds;
    std::vector<Document> grid_files;
    std::vector<Document> stack_files;
    for (auto const& file : files) {
        auto const known = kinds_.find(file.id);
        std::string text;
        if (known == kinds_.end() || known->second == FileKind::grid) {
            auto read = repository.text(file.path);
            if (!read) {
                out.issues.push_back({.reason = read.error().message, .file = file.path});
                continue;
            }
            text = std::move(*read);
        }
        auto const kind = known == kinds_.end() ? kind_of(text) : known->second;
        kinds.emplace(file.id, kind);
        if (kind == FileKind::other) continue;
        auto& documents = kind == FileKind::grid ? grid_files : stack_files;
        documents.push_back(document_of(file.path, std::move(text)));
    }
    kinds_ = std::move(kinds);
    stackfile::Input const base{.grid = grid_, .outside = &repository};
    auto selection =
        stackfile::grid::select(grid_files, stack_files, base, stackfile::grid::Choice::own);
    std::vector<stackfile::Claim> claims;
    std::map<Key, std::shared_ptr<Memory const>> memories;
    for (auto const& selected : selection.inputs) {
        auto const& input = selected.input;
        auto const memory = recall(input, repository);
        std::ranges::move(
            stackfile::grid::unused_values(selected, memory->unknown),
            std::back_inserter(out.warnings)
        );
        std::ranges::copy(memory->stacks, std::back_inserter(out.stacks));
        std::ranges::copy(memory->claims, std::back_inserter(claims));
        std::ranges::copy(memory->issues, std::back_inserter(out.issues));
        std::ranges::copy(memory->warnings, std::back_inserter(out.warnings));
        memories.insert_or_assign({input.file, input.stack_name}, memory);
    }
    memories_ = std::move(memories);
    move_into(out.issues, selection.errors);
    std::ranges::move(stackfile::name_clashes(claims), std::back_inserter(out.issues));
    move_into(out.warnings, selection.warnings);
    out.settings = std::move(selection.settings);
    std::ranges::sort(out.stacks, {}, [](auto const& content) { return content.stack->name; });
    return out;
}

std::shared_ptr<Renderer::Memory const>
Renderer::recall(stackfile::Input const& input, Repository& repository) {
    auto const known = memories_.find({input.file, input.stack_name});
    if (known != memories_.end() && known->second->values == input.values &&
        repository.same(known->second->seen))
        return known->second;
    ++parsed_;
    return std::make_shared<Memory const>(read(input, repository));
}

Renderer::Memory Renderer::read(stackfile::Input input, Repository& repository) {
    Memory out{.values = input.values};
    std::ignore = repository.take_seen();
    auto text = repository.text(input.file);
    if (!text) {
        out.issues.push_back({.reason = text.error().message, .file = input.file});
        return out;
    }
    input.text = std::move(*text);
    auto family = stackfile::read_all(input);
    out.unknown = stackfile::unknown_values(family);
    for (auto& one : family) {
        auto& reading = one.reading;
        if (auto claim = stackfile::claim_of(one, input.grid))
            out.claims.push_back(std::move(*claim));
        bool const applicable = reading.stack && reading.beyond.empty();
        for (auto* issues : {&reading.errors, &reading.refusals, &reading.beyond})
            move_into(out.issues, *issues);
        move_into(out.warnings, reading.warnings);
        if (applicable) out.stacks.push_back(content_of(std::move(*reading.stack)));
    }
    out.seen = repository.take_seen();
    return out;
}

} // namespace kontena::master
