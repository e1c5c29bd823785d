#pragma once

#include "core/base/error.hpp"
#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/model/deploy.hpp"
#include "core/model/grid_settings.hpp"
#include "core/model/stack_spec.hpp"

#include <boost/describe.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kontena::model {

enum class SourceKind {
    git,
    uploads, ///< what `kontena stack apply` sends; each grid has one, named `uploads`
};
BOOST_DESCRIBE_ENUM(SourceKind, git, uploads)

enum class SyncPolicy {
    automatic, ///< a new revision is applied at once
    manual,    ///< a new revision waits for `source sync`
};
BOOST_DESCRIBE_ENUM(SyncPolicy, automatic, manual)

/// Where stack files come from. Credentials and the webhook secret are kept apart from it.
struct Source {
    core::SourceId id;
    SourceKind kind = SourceKind::git;
    std::string url;          ///< https, ssh or file URL, or a local path
    std::string ref = "main"; ///< branch or tag
    std::string path;         ///< folder in the repository, empty = all of it
    SyncPolicy policy = SyncPolicy::automatic;
    bool prune = true;      ///< remove stacks of this source that it no longer has
    bool self_heal = false; ///< take back changes that were made by hand
    int interval = 60;      ///< seconds between polls
    std::string username;   ///< for https; also the ssh user, `git` by default
    bool has_credentials = false;
    core::TimePoint created_at;
    core::TimePoint updated_at;
};
BOOST_DESCRIBE_STRUCT(
    Source,
    (),
    (id,
     kind,
     url,
     ref,
     path,
     policy,
     prune,
     self_heal,
     interval,
     username,
     has_credentials,
     created_at,
     updated_at)
)

/// The secrets of a source: stored, never shown, never journaled.
struct SourceCredentials {
    core::SourceId id;
    std::string password;       ///< or access token, for https
    std::string ssh_key;        ///< private key, PEM text
    std::string known_hosts;    ///< accepted SSH host keys; the first contact fills it
    std::string webhook_secret; ///< what the Git host signs its calls with
};
BOOST_DESCRIBE_STRUCT(SourceCredentials, (), (id, password, ssh_key, known_hosts, webhook_secret))

enum class SyncState {
    waiting,     ///< not looked at yet
    synced,      ///< the newest revision is applied
    out_of_sync, ///< a newer revision waits (manual policy)
    refused,     ///< the newest commit is broken; see issues; the last good revision stays applied
    unreachable, ///< the remote does not answer; retried with back-off
    failed,      ///< the newest commit could not be deployed and is quarantined
};
BOOST_DESCRIBE_ENUM(SyncState, waiting, synced, out_of_sync, refused, unreachable, failed)

/// A commit that failed to deploy. No poll applies it again; a newer commit or a retry does.
struct Quarantine {
    std::string commit;
    core::RevisionId revision;
    core::ServiceId service;
    core::DeployId deploy;
    DeployFailure failure;
    bool rolled_back = false; ///< the last good revision was applied in its place
    core::TimePoint since;
};
BOOST_DESCRIBE_STRUCT(
    Quarantine, (), (commit, revision, service, deploy, failure, rolled_back, since)
)

/// How far a source has come. Written only when something in it changes.
struct SourceStatus {
    core::SourceId id;
    SyncState state = SyncState::waiting;
    std::string seen_commit;    ///< newest commit that was read, good or broken
    std::string applied_commit; ///< commit of the applied revision
    core::RevisionId seen_revision;
    core::RevisionId applied_revision;
    core::RevisionId good_revision; ///< the newest one of which everything was deployed
    std::optional<Quarantine> quarantine;
    core::PlanId plan; ///< of the last application
    std::string error;
    std::vector<core::Issue> issues;
    std::vector<std::string> warnings;
    int failures = 0; ///< in a row
    core::TimePoint changed_at;
};
BOOST_DESCRIBE_STRUCT(
    SourceStatus,
    (),
    (id,
     state,
     seen_commit,
     applied_commit,
     seen_revision,
     applied_revision,
     good_revision,
     quarantine,
     plan,
     error,
     issues,
     warnings,
     failures,
     changed_at)
)

/// One stack as a revision has it. Named after its content, so that revisions share what did not
/// change from one to the next.
struct RenderedStack {
    core::RenderedStackId id; ///< source/digest
    std::shared_ptr<StackSpec const> spec;
};
BOOST_DESCRIBE_STRUCT(RenderedStack, (), (id, spec))

/// What one commit or upload says, rendered. Immutable; its id is a digest of its content.
struct Revision {
    core::RevisionId id;
    core::SourceId source;
    std::string commit; ///< empty for uploads
    std::string author;
    std::string message;
    core::TimePoint created_at;
    std::vector<core::RenderedStackId> stacks; ///< by the names of the stacks
    std::optional<GridSettings> settings;      ///< when it has a grid file
};
BOOST_DESCRIBE_STRUCT(
    Revision, (), (id, source, commit, author, message, created_at, stacks, settings)
)

} // namespace kontena::model
