#pragma once

#include "core/async/blocking.hpp"
#include "core/async/clock.hpp"
#include "core/async/task_group.hpp"
#include "master/gitops/apply_revision.hpp"
#include "master/gitops/fetch.hpp"
#include "master/gitops/render.hpp"
#include "master/store/store.hpp"

#include <filesystem>
#include <map>
#include <memory>

namespace kontena::master {

/// What a sync led to. The plan is empty when there was nothing to do or nothing was applied.
struct SyncOutcome {
    model::Plan plan;
    model::SourceStatus status;
};

/// Why a revision is applied: its commit, and who `asked`, if that was a person.
model::Cause cause_of(
    model::Source const& source, model::Revision const& revision, model::Cause const& asked = {}
);

/// Follows the Git sources: polls each at its interval (with jitter), sooner after a webhook,
/// later and later while its remote does not answer. On the reactor's thread; fetches run in child
/// processes, rendering on a pool.
class Sources {
public:
    Sources(
        Store& store, GridViews& views, async::Clock const& clock, std::filesystem::path clones
    );
    ~Sources();

    /// Starts and ends the followers as sources come and go. Runs until cancelled.
    awaitable<void> run();
    awaitable<void> stop();

    /// Looks at the source soon: a webhook said that it has changed.
    void poke(core::SourceId const& source);

    /// Fetches now and applies what is there, also under the manual policy and after a failure.
    awaitable<core::Result<SyncOutcome>> sync(core::SourceId source, ApplyOptions options);

private:
    struct Follower;

    awaitable<void> follow(std::shared_ptr<Follower> self);
    awaitable<core::Result<SyncOutcome>>
    look(std::shared_ptr<Follower> self, bool on_demand, ApplyOptions options);
    awaitable<core::Result<SyncOutcome>> take_in(
        std::shared_ptr<Follower> self,
        git::FetchReply fetched,
        bool on_demand,
        ApplyOptions options
    );
    awaitable<core::Result<Rendered>> read_commit(
        std::shared_ptr<Follower> self, model::Source const& source, git::FetchReply const& fetched
    );
    awaitable<core::Result<SyncOutcome>> nothing_new(model::Source source, ApplyOptions options);
    awaitable<core::Result<SyncOutcome>> hold_back(model::Source source, FullRevision full);
    awaitable<core::Result<SyncOutcome>>
    apply_now(model::Source source, FullRevision full, ApplyOptions options);
    awaitable<void> note_failure(core::SourceId source, std::string error);
    awaitable<void> remember_host(core::SourceId source, std::string known_host);
    awaitable<void> note_refusal(
        core::SourceId source,
        std::string commit,
        std::string error,
        std::vector<core::Issue> issues
    );
    std::string clone_of(core::SourceId const& source) const;
    git::FetchRequest request_for(model::Source const& source, bool on_demand) const;
    SyncOutcome outcome(core::SourceId const& source, model::Plan plan) const;
    void start_new();

    Store& store_;
    GridViews& views_;
    async::Clock const& clock_;
    std::filesystem::path clones_;
    async::BlockingPool renderers_;
    std::map<core::SourceId, std::shared_ptr<Follower>> followers_;
    async::TaskGroup tasks_;
};

} // namespace kontena::master
