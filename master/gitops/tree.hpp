#pragma once

#include "core/base/result.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kontena::master::git {

/// The name that Git gives to a content (SHA-1, 20 bytes).
using ObjectId = std::array<unsigned char, 20>;

struct Entry {
    std::string path; ///< from the root of the repository
    ObjectId id;

    friend bool operator==(Entry const&, Entry const&) = default;
};

/// The files of one commit. Used by one thread at a time; calls block on the disk at most.
class Tree {
public:
    virtual ~Tree() = default;

    /// The YAML files that the source is about, by path. Errc::invalid when there are too many.
    virtual core::Result<std::vector<Entry>> files() = 0;

    /// The file at a path anywhere in the tree; nothing when there is none. Links and folders are
    /// no files.
    virtual std::optional<ObjectId> find(std::string const& path) = 0;

    /// What there is at a path that is no file: `folder`, `link`, `submodule`; empty for nothing.
    virtual std::string what(std::string const& path) = 0;

    /// A content of this tree. Errc::invalid when it is larger than a stack file may be, or when
    /// all that was read is more than a commit may have; the message goes on after a name.
    virtual core::Result<std::string> read(ObjectId const& id) = 0;
};

} // namespace kontena::master::git
