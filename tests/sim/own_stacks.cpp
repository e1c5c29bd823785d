#include "tests/sim/own_stacks.hpp"

#include "core/sys/files.hpp"
#include "master/gitops/clone.hpp"
#include "master/gitops/libgit2.hpp"
#include "master/gitops/render.hpp"
#include "tests/sim/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace kontena::sim {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using core::Errc;
using core::fail;
using core::Result;
namespace git = master::git;
using Stacks = std::vector<std::shared_ptr<model::StackSpec const>>;

constexpr std::size_t kMaxBytes = 1UL << 20;
constexpr core::Millis kChange = 120s;

bool is_yaml(std::string_view path) { return path.ends_with(".yml") || path.ends_with(".yaml"); }

/// A folder as it is on the disk, whether Git knows it or not.
class FolderTree : public git::Tree {
public:
    explicit FolderTree(fs::path folder)
        : folder_(std::move(folder)) {}

    Result<std::vector<git::Entry>> files() override {
        std::vector<git::Entry> out;
        std::error_code ec;
        for (auto it = fs::recursive_directory_iterator(folder_, ec);
             !ec && it != fs::recursive_directory_iterator();
             it.increment(ec)) {
            auto const hidden = it->path().filename().string().starts_with('.');
            if (hidden && it->is_directory()) it.disable_recursion_pending();
            if (hidden || !it->is_regular_file() || !is_yaml(it->path().string())) continue;
            auto const path = fs::relative(it->path(), folder_).string();
            if (auto const id = find(path)) out.push_back({path, *id});
        }
        if (ec)
            return fail(
                Errc::invalid, fmt::format("cannot read {}: {}", folder_.string(), ec.message())
            );
        std::ranges::sort(out, {}, &git::Entry::path);
        return out;
    }

    std::optional<git::ObjectId> find(std::string const& path) override {
        auto text = sys::read_file(folder_ / path, kMaxBytes);
        if (!text) return std::nullopt;
        auto const id = git::blob_id(*text);
        texts_.insert_or_assign(id, std::move(*text));
        return id;
    }

    std::string what(std::string const& path) override {
        return fs::is_directory(folder_ / path) ? "folder" : "";
    }

    Result<std::string> read(git::ObjectId const& id) override { return texts_.at(id); }

private:
    fs::path folder_;
    std::map<git::ObjectId, std::string> texts_;
};

Result<Stacks> stacks_of(git::Tree& tree, std::string const& where) {
    KTRY(auto rendered, master::Renderer("g").render(tree));
    if (!rendered.issues.empty())
        return fail(
            Errc::invalid,
            fmt::format("the stack files of {} are broken", where),
            std::move(rendered.issues)
        );
    if (rendered.stacks.empty())
        return fail(Errc::not_found, fmt::format("there is no stack file in {}", where));
    Stacks out;
    for (auto& content : rendered.stacks) out.push_back(std::move(content.stack));
    return out;
}

/// The folder as a revision of its repository has it.
Result<Stacks> stacks_at(std::string const& folder, std::string const& revision) {
    git::start_libgit2();
    git_repository* raw = nullptr;
    if (git_repository_open_ext(&raw, folder.c_str(), 0, nullptr) != 0)
        return git::last_error(fmt::format("{} is in no Git repository", folder));
    git::RepositoryHandle const repository(raw);
    auto const* top = git_repository_workdir(repository.get());
    auto const inside = top == nullptr ? fs::path() : fs::relative(folder, top);
    git::Folders folders;
    auto const* path = git_repository_path(repository.get());
    KTRY(auto const tree, git::open_tree(path, revision, inside.string(), folders));
    return stacks_of(*tree, revision);
}

Result<std::vector<Fault>>
faults_of(std::string const& source, Scenario const& scenario, core::Millis from) {
    std::uint64_t seed = 0;
    auto const [end, error] = std::from_chars(source.data(), source.data() + source.size(), seed);
    if (error == std::errc() && end == source.data() + source.size()) {
        auto out = generate_faults(seed, scenario.nodes, 180s);
        for (auto& fault : out) fault.at += from;
        return out;
    }
    KTRY(auto const text, sys::read_file(source));
    KTRY(auto out, read_faults(text));
    for (auto const& fault : out) {
        auto const& nodes = scenario.nodes;
        bool const known =
            fault.node.empty() || std::ranges::find(nodes, fault.node, &Host::name) != nodes.end();
        if (!known) return fail(Errc::invalid, fmt::format("there is no node {}", fault.node));
    }
    return out;
}

} // namespace

Result<Scenario> scenario_of(OwnStacks const& own) {
    Scenario out{.seed = 1};
    KTRY(auto const text, sys::read_file(own.nodes_file));
    KTRY(out.nodes, read_hosts(text));
    if (out.nodes.empty()) return fail(Errc::invalid, "there are no nodes");
    bool const change = !own.new_revision.empty();
    if (!change) {
        FolderTree folder(own.folder);
        KTRY(auto stacks, stacks_of(folder, own.folder));
        out.commits.push_back({.at = 1s, .id = "the folder", .stacks = std::move(stacks)});
    } else {
        KTRY(auto before, stacks_at(own.folder, own.old_revision));
        out.commits.push_back({.at = 1s, .id = own.old_revision, .stacks = std::move(before)});
        KTRY(auto after, stacks_at(own.folder, own.new_revision));
        out.commits.push_back({.at = kChange, .id = own.new_revision, .stacks = std::move(after)});
    }
    if (own.faults) {
        KTRY(out.faults, faults_of(*own.faults, out, change ? kChange : core::Millis(60s)));
    }
    return out;
}

} // namespace kontena::sim
