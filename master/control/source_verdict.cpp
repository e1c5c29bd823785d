#include "master/control/source_verdict.hpp"

#include "master/control/apply.hpp"
#include "master/control/revision.hpp"
#include "reconciler/failure.hpp"
#include "reconciler/plan.hpp"
#include "reconciler/verdict.hpp"

#include <fmt/format.h>

namespace kontena::master {
namespace {

using Outcome = reconciler::Verdict::Outcome;

reconciler::Verdict verdict_on(State const& state, model::SourceStatus const& status) {
    auto const plan = state.find<model::Plan>(status.plan);
    if (!plan) return {.outcome = Outcome::good};
    return reconciler::judge_plan(*plan, [&](core::DeployId const& id) {
        return state.find<model::Deploy>(id);
    });
}

bool decided(model::SourceStatus const& status) {
    if (status.applied_revision.empty() || status.applied_revision == status.good_revision)
        return true;
    return status.quarantine && status.quarantine->revision == status.applied_revision;
}

/// Applies the last good revision in place of the failed one; false when there is none.
bool go_back(
    Txn& txn,
    GridViews& views,
    model::SourceStatus& status,
    model::Deploy const& failed,
    core::TimePoint now
) {
    auto const& state = txn.state();
    auto const source = state.find<model::Source>(status.id);
    auto const good = find_revision(state, status.good_revision);
    auto* grid = views.at(state, core::grid_of(status.id));
    if (!source || !good || grid == nullptr) return false;
    model::Cause cause{.kind = model::CauseKind::observation, .actor = "master"};
    cause.detail =
        fmt::format("commit {} failed: {}", status.applied_commit.substr(0, 7), failed.reason);
    cause.source = status.id.leaf();
    cause.commit = good->revision.commit;
    auto prepared = reconciler::prepare(
        *grid,
        {.source = status.id,
         .revision = good->revision.id,
         .commit = good->revision.commit,
         .stacks = good->stacks,
         .prune = source->prune,
         .cause = cause},
        now
    );
    if (!prepared) return false;
    auto const plan = apply(txn, std::move(*prepared), now);
    if (!plan.empty()) status.plan = plan.id;
    status.applied_revision = good->revision.id;
    status.applied_commit = good->revision.commit;
    return true;
}

/// Names the service, where the reason does not.
std::string error_of(model::Deploy const& failed) {
    auto const name =
        fmt::format("{}/{}", core::stack_of(failed.service).leaf(), failed.service.leaf());
    bool const named = failed.reason.find(name) != std::string::npos;
    return named ? failed.reason : fmt::format("{}: {}", name, failed.reason);
}

void quarantine(
    Txn& txn,
    GridViews& views,
    model::SourceStatus status,
    model::Deploy const& failed,
    core::TimePoint now,
    std::vector<std::string>& notes
) {
    auto const service = txn.state().find<model::Service>(failed.service);
    auto const spec = service ? service->spec_at(failed.revision) : nullptr;
    bool const back = spec && reconciler::on_failure(*spec, failed) == model::OnFailure::rollback;
    status.quarantine = model::Quarantine{
        .commit = status.applied_commit,
        .revision = status.applied_revision,
        .service = failed.service,
        .deploy = failed.id,
        .failure = *failed.failure,
        .since = now,
    };
    status.state = model::SyncState::failed;
    status.error = error_of(failed);
    status.changed_at = now;
    status.quarantine->rolled_back = back && go_back(txn, views, status, failed, now);
    notes.push_back(fmt::format(
        "commit {} of source {} is quarantined: {}",
        status.quarantine->commit.substr(0, 7),
        status.id.leaf(),
        status.error
    ));
    txn.put(std::move(status));
}

} // namespace

void judge_sources(
    Txn& txn,
    GridViews& views,
    core::GridId const& grid,
    core::TimePoint now,
    std::vector<std::string>& notes
) {
    std::vector<std::shared_ptr<model::SourceStatus const>> open;
    txn.state().all<model::SourceStatus>().for_prefix(
        grid.str() + "/",
        [&](auto const&, auto const& status) {
            if (!decided(*status)) open.push_back(status);
        }
    );
    for (auto const& status : open) {
        auto const verdict = verdict_on(txn.state(), *status);
        auto const source = txn.state().find<model::Source>(status->id);
        bool const git = source && source->kind == model::SourceKind::git;
        if (verdict.outcome == Outcome::good) {
            auto next = *status;
            next.good_revision = next.applied_revision;
            txn.put(std::move(next));
        } else if (verdict.outcome == Outcome::failed && git) {
            quarantine(txn, views, *status, *verdict.failure, now, notes);
        }
    }
}

} // namespace kontena::master
