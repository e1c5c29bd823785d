#include "tests/support/files_tree.hpp"

#include "master/gitops/libgit2.hpp"

namespace kontena::test {

using master::git::blob_id;

FilesTree::FilesTree(Texts files, Texts others)
    : files_(files)
    , all_(std::move(files)) {
    all_.merge(others);
    for (auto const& [path, text] : all_) texts_.emplace(blob_id(text), text);
}

core::Result<std::vector<master::git::Entry>> FilesTree::files() {
    std::vector<master::git::Entry> out;
    for (auto const& [path, text] : files_) out.push_back({path, blob_id(text)});
    return out;
}

std::optional<master::git::ObjectId> FilesTree::find(std::string const& path) {
    auto const found = all_.find(path);
    if (found == all_.end()) return std::nullopt;
    return blob_id(found->second);
}

void FilesTree::fail_after(std::size_t reads, core::Error error) {
    allowed_ = reads;
    refusal_ = std::move(error);
}

core::Result<std::string> FilesTree::read(master::git::ObjectId const& id) {
    if (fail_with) return *fail_with;
    if (was_read.size() >= allowed_) return *refusal_;
    was_read.push_back(texts_.at(id));
    return texts_.at(id);
}

} // namespace kontena::test
