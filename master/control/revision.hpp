#pragma once

#include "core/base/result.hpp"
#include "master/store/state.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kontena::master {

/// A stack as its file says it, and the digest of that.
struct Content {
    std::shared_ptr<model::StackSpec const> stack;
    std::string digest;
};

Content content_of(model::StackSpec stack);

/// A revision together with what its stacks say.
struct FullRevision {
    model::Revision revision;
    std::vector<std::shared_ptr<model::StackSpec const>> stacks; ///< as `revision.stacks`
};

/// Names a revision after its content. `facts` are the source, commit, author and the like.
FullRevision make_revision(
    model::Revision facts,
    std::vector<Content> stacks,
    std::optional<model::GridSettings> settings = std::nullopt
);

/// A revision that the state has; Errc::not_found when it does not.
core::Result<FullRevision> find_revision(State const& state, core::RevisionId const& id);

/// Stores a revision and forgets the oldest ones of its source.
void put_revision(Txn& txn, FullRevision const& full);

/// Forgets all revisions of a source.
void remove_revisions(Txn& txn, core::SourceId const& source);

} // namespace kontena::master
