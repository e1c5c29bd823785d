#pragma once

#include "master/gitops/tree.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kontena::master::git {

/// What the folders of a commit held, by the ids of their trees. Given to the next commit, it
/// spares reading those that are the same.
class Folders {
public:
    struct Item {
        std::string name;
        ObjectId id;
        bool folder = false;
    };

    using Items = std::vector<Item>; ///< YAML files, and folders that are not hidden

private:
    friend class ClonedTree;

    std::map<ObjectId, std::shared_ptr<Items const>> known_;
};

/// A commit in a clone on this machine. `path` is the folder that the source is about, empty = all
/// of the tree. Hidden folders and links are left out. `folders` outlives the tree. Errc::invalid
/// when there is no such folder, unavailable when the clone cannot be read.
core::Result<std::unique_ptr<Tree>> open_tree(
    std::string const& repository,
    std::string const& commit,
    std::string const& path,
    Folders& folders
);

} // namespace kontena::master::git
