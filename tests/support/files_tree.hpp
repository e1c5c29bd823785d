#pragma once

#include "master/gitops/tree.hpp"

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kontena::test {

/// A commit in memory: the YAML files that a source is about, and others of the repository.
class FilesTree : public master::git::Tree {
public:
    using Texts = std::map<std::string, std::string>;

    explicit FilesTree(Texts files, Texts others = {});

    core::Result<std::vector<master::git::Entry>> files() override;
    std::optional<master::git::ObjectId> find(std::string const& path) override;

    std::string what(std::string const&) override { return {}; }

    core::Result<std::string> read(master::git::ObjectId const& id) override;

    /// The first `reads` succeed, the others do not.
    void fail_after(std::size_t reads, core::Error error);

    std::vector<std::string> was_read;    ///< texts, in order
    std::optional<core::Error> fail_with; ///< instead of reading

private:
    std::size_t allowed_ = std::numeric_limits<std::size_t>::max();
    std::optional<core::Error> refusal_;
    Texts files_;
    Texts all_;
    std::map<master::git::ObjectId, std::string> texts_;
};

} // namespace kontena::test
