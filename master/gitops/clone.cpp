#include "master/gitops/clone.hpp"

#include "master/gitops/libgit2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace kontena::master::git {
namespace {

using core::Errc;
using core::fail;
using core::Result;

constexpr std::size_t kMaxFile = 1024UL * 1024;
constexpr std::size_t kMaxTotal = 64UL * 1024 * 1024;
constexpr std::size_t kMaxFiles = 20'000;
constexpr int kMaxDepth = 32;

bool is_yaml(std::string_view name) { return name.ends_with(".yml") || name.ends_with(".yaml"); }

ObjectId id_of(git_oid const* id) {
    ObjectId out;
    std::ranges::copy(id->id, out.begin());
    return out;
}

git_oid oid_of(ObjectId const& id) {
    git_oid out;
    std::ranges::copy(id, std::begin(out.id));
    return out;
}

bool is_file(git_tree_entry const* entry) {
    return git_tree_entry_type(entry) == GIT_OBJECT_BLOB &&
           git_tree_entry_filemode(entry) != GIT_FILEMODE_LINK;
}

/// `a/b` of `/a/b/`, `./a/b` and the like.
std::string trimmed(std::string path) {
    while (path.ends_with('/')) path.pop_back();
    while (path.starts_with('/') || path.starts_with("./")) path.erase(0, path.find('/') + 1);
    if (path == ".") path.clear();
    return path;
}

} // namespace

class ClonedTree final : public Tree {
public:
    ClonedTree(
        RepositoryHandle repository,
        TreeHandle root,
        std::string path,
        ObjectId below,
        Folders& folders
    )
        : repository_(std::move(repository))
        , root_(std::move(root))
        , path_(std::move(path))
        , below_(below)
        , folders_(folders) {}

    Result<std::vector<Entry>> files() override {
        std::vector<Entry> out;
        auto const before = std::exchange(folders_.known_, {});
        KCHECK(collect(below_, path_, 0, before, out));
        std::ranges::sort(out, {}, &Entry::path);
        return out;
    }

    std::optional<ObjectId> find(std::string const& path) override {
        git_tree_entry* raw = nullptr;
        if (git_tree_entry_bypath(&raw, root_.get(), path.c_str()) != 0) return std::nullopt;
        EntryHandle const entry(raw);
        return is_file(entry.get()) ? std::optional(id_of(git_tree_entry_id(entry.get())))
                                    : std::nullopt;
    }

    std::string what(std::string const& path) override {
        git_tree_entry* raw = nullptr;
        if (git_tree_entry_bypath(&raw, root_.get(), path.c_str()) != 0) return {};
        EntryHandle const entry(raw);
        switch (git_tree_entry_filemode(entry.get())) {
        case GIT_FILEMODE_TREE:
            return "folder";
        case GIT_FILEMODE_LINK:
            return "link";
        case GIT_FILEMODE_COMMIT:
            return "submodule";
        default:
            return {};
        }
    }

    Result<std::string> read(ObjectId const& id) override {
        auto const name = oid_of(id);
        git_blob* raw = nullptr;
        if (git_blob_lookup(&raw, repository_.get(), &name) != 0)
            return last_error("reading a file of the commit");
        BlobHandle const blob(raw);
        auto const size = static_cast<std::size_t>(git_blob_rawsize(blob.get()));
        if (size > kMaxFile)
            return fail(Errc::invalid, fmt::format("is larger than {} KB", kMaxFile >> 10));
        // Files are read twice at first sight: for what they are, and for what they say.
        if (counted_.insert(id).second) total_ += size;
        if (total_ > kMaxTotal)
            return fail(
                Errc::invalid,
                fmt::format(
                    "is not read: the files of the commit have more than {} MB", kMaxTotal >> 20
                )
            );
        return std::string(static_cast<char const*>(git_blob_rawcontent(blob.get())), size);
    }

private:
    using Known = std::map<ObjectId, std::shared_ptr<Folders::Items const>>;

    Result<void> collect(
        ObjectId const& folder,
        std::string const& prefix,
        int depth,
        Known const& before,
        std::vector<Entry>& out
    ) {
        if (depth > kMaxDepth)
            return fail(
                Errc::invalid, fmt::format("folders are nested too deeply below {}", prefix)
            );
        KTRY(auto const items, items_of(folder, prefix, before));
        for (auto const& item : *items) {
            auto path = prefix.empty() ? item.name : prefix + "/" + item.name;
            if (item.folder) {
                KCHECK(collect(item.id, path, depth + 1, before, out));
                continue;
            }
            if (out.size() == kMaxFiles)
                return fail(
                    Errc::invalid,
                    fmt::format(
                        "there are more than {} YAML files below the path of the source", kMaxFiles
                    )
                );
            out.push_back({std::move(path), item.id});
        }
        return {};
    }

    Result<std::shared_ptr<Folders::Items const>>
    items_of(ObjectId const& folder, std::string const& path, Known const& before) {
        auto& out = folders_.known_[folder];
        if (out) return out;
        if (auto const known = before.find(folder); known != before.end())
            return out = known->second;
        auto const id = oid_of(folder);
        git_tree* raw = nullptr;
        if (git_tree_lookup(&raw, repository_.get(), &id) != 0)
            return last_error(fmt::format("reading the folder {}", path));
        TreeHandle const tree(raw);
        Folders::Items items;
        auto const count = git_tree_entrycount(tree.get());
        for (std::size_t i = 0; i < count; ++i) {
            auto const* entry = git_tree_entry_byindex(tree.get(), i);
            std::string_view const name = git_tree_entry_name(entry);
            bool const below = git_tree_entry_type(entry) == GIT_OBJECT_TREE;
            if (below ? !name.starts_with('.') : is_file(entry) && is_yaml(name))
                items.push_back({std::string(name), id_of(git_tree_entry_id(entry)), below});
        }
        return out = std::make_shared<Folders::Items const>(std::move(items));
    }

    RepositoryHandle repository_;
    TreeHandle root_;
    std::string path_;
    ObjectId below_; ///< the tree at the path
    Folders& folders_;
    std::set<ObjectId> counted_;
    std::size_t total_ = 0; ///< bytes of those
};

Result<std::unique_ptr<Tree>> open_tree(
    std::string const& repository,
    std::string const& commit,
    std::string const& path,
    Folders& folders
) {
    start_libgit2();
    git_repository* raw = nullptr;
    if (git_repository_open_bare(&raw, repository.c_str()) != 0)
        return last_error(fmt::format("opening the clone in {}", repository));
    RepositoryHandle opened(raw);
    KTRY(auto const found, find_commit(opened.get(), commit));
    git_tree* root_raw = nullptr;
    if (git_commit_tree(&root_raw, found.get()) != 0)
        return last_error(fmt::format("reading the tree of commit {}", commit));
    TreeHandle root(root_raw);
    auto const folder = trimmed(path);
    auto below = id_of(git_tree_id(root.get()));
    if (!folder.empty()) {
        git_tree_entry* entry_raw = nullptr;
        git_tree_entry_bypath(&entry_raw, root.get(), folder.c_str());
        EntryHandle const entry(entry_raw);
        if (!entry || git_tree_entry_type(entry.get()) != GIT_OBJECT_TREE)
            return fail(Errc::invalid, fmt::format("the repository has no folder '{}'", folder));
        below = id_of(git_tree_entry_id(entry.get()));
    }
    return std::make_unique<ClonedTree>(std::move(opened), std::move(root), folder, below, folders);
}

} // namespace kontena::master::git
