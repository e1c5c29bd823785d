#include "master/gitops/apply_revision.hpp"

#include "master/control/apply.hpp"
#include "master/control/grid_view.hpp"
#include "master/gitops/grid_settings.hpp"

#include <algorithm>
#include <vector>

namespace kontena::master {
namespace {

constexpr std::size_t kKeptRevisions = 20; ///< per source

core::Result<reconciler::Prepared> prepared(
    State const& head,
    model::Revision const& revision,
    ApplyOptions const& options,
    core::TimePoint now
) {
    auto const grid = core::grid_of(revision.source);
    if (!head.find<model::Grid>(grid)) {
        return core::fail(core::Errc::not_found, fmt::format("there is no grid {}", grid));
    }
    return reconciler::prepare(
        grid_view(head, grid),
        {.source = revision.source,
         .revision = revision.id,
         .commit = revision.commit,
         .stacks = revision.stacks,
         .prune = options.prune,
         .force = options.force,
         .retry_failed = options.retry_failed,
         .cause = options.cause},
        now
    );
}

} // namespace

void put_revision(Txn& txn, model::Revision revision) {
    auto const source = revision.source;
    auto const id = revision.id;
    if (!txn.state().find<model::Revision>(id)) txn.put(std::move(revision));
    std::vector<std::shared_ptr<model::Revision const>> all;
    txn.state().all<model::Revision>().for_prefix(
        source.str() + "/", [&](auto const&, auto const& r) { all.push_back(r); }
    );
    if (all.size() <= kKeptRevisions) return;
    auto const status = txn.state().find<model::SourceStatus>(source);
    std::ranges::sort(all, {}, [](auto const& r) { return r->created_at; });
    all.resize(all.size() - kKeptRevisions);
    for (auto const& old : all) {
        bool const needed =
            old->id == id ||
            (status && (status->applied_revision == old->id || status->seen_revision == old->id));
        if (!needed) txn.remove<model::Revision>(old->id);
    }
}

core::Result<Txn> apply_revision(
    State const& head,
    model::Revision const& revision,
    ApplyOptions const& options,
    core::TimePoint now,
    model::Plan& plan
) {
    KCHECK(check_settings(head, revision));
    KTRY(auto ready, prepared(head, revision, options, now));
    Txn txn(head, options.cause);
    if (options.dry_run) {
        plan = std::move(ready.plan);
        return txn;
    }
    plan = apply(txn, std::move(ready), now);
    apply_settings(txn, revision, now);
    put_revision(txn, revision);
    auto const before = head.find<model::SourceStatus>(revision.source);
    auto status = before ? *before : model::SourceStatus{.id = revision.source};
    status.state = model::SyncState::synced;
    status.seen_commit = status.applied_commit = revision.commit;
    status.seen_revision = status.applied_revision = revision.id;
    if (!plan.empty()) status.plan = plan.id;
    status.error.clear();
    status.issues.clear();
    status.failures = 0;
    bool const news = !before || before->state != status.state ||
                      before->applied_revision != status.applied_revision || !plan.empty() ||
                      !before->error.empty();
    if (!news) return txn;
    status.changed_at = now;
    txn.put(std::move(status));
    return txn;
}

core::Result<model::Plan> plan_revision(
    State const& head,
    model::Revision const& revision,
    ApplyOptions const& options,
    core::TimePoint now
) {
    KTRY(auto ready, prepared(head, revision, options, now));
    return std::move(ready.plan);
}

} // namespace kontena::master
