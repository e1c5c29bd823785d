#include "master/gitops/apply_revision.hpp"

#include "master/control/apply.hpp"
#include "master/gitops/grid_settings.hpp"

#include <algorithm>
#include <vector>

namespace kontena::master {
namespace {

core::Result<reconciler::Prepared> prepared(
    GridViews& views,
    State const& head,
    FullRevision const& full,
    ApplyOptions const& options,
    core::TimePoint now
) {
    auto const& revision = full.revision;
    KCHECK(check_exposed(head, full));
    auto const id = core::grid_of(revision.source);
    auto* grid = views.at(head, id);
    if (grid == nullptr)
        return core::fail(core::Errc::not_found, fmt::format("there is no grid {}", id));
    return reconciler::prepare(
        *grid,
        {.source = revision.source,
         .revision = revision.id,
         .commit = revision.commit,
         .stacks = full.stacks,
         .prune = options.prune,
         .force = options.force,
         .retry_failed = options.retry_failed,
         .cause = options.cause},
        now
    );
}

/// What a saved plan said is done under its name; Errc::conflict when something else would be.
core::Result<void> carry_out(reconciler::Prepared& ready, model::Plan const& saved) {
    if (ready.plan.hash == saved.hash) {
        for (auto& deploy : ready.effects.deploys)
            if (deploy.plan == ready.plan.id) deploy.plan = saved.id;
        ready.plan.id = saved.id;
        ready.plan.created_at = saved.created_at;
        return {};
    }
    std::vector<core::Issue> issues;
    for (auto& text : reconciler::moved(saved, ready.plan))
        issues.push_back({.path = "plan", .reason = std::move(text)});
    if (ready.plan.empty())
        issues = {{.path = "plan", .reason = "as things are now there is nothing left to be done"}};
    return core::fail(
        core::Errc::conflict,
        fmt::format(
            "plan {} is not applied, because the grid has changed since it was computed",
            saved.id.leaf()
        ),
        std::move(issues)
    );
}

core::Result<Txn> move_as_saved(
    GridViews& views,
    State const& head,
    model::Plan const& saved,
    model::Cause cause,
    core::TimePoint now
) {
    auto* grid = views.at(head, saved.grid);
    if (grid == nullptr)
        return core::fail(core::Errc::not_found, fmt::format("there is no grid {}", saved.grid));
    KTRY(auto ready, reconciler::prepare_rebalance(*grid, saved.moves, cause, now));
    KCHECK(carry_out(ready, saved));
    Txn txn(head, std::move(cause));
    apply(txn, std::move(ready), now);
    return txn;
}

} // namespace

core::Result<void> check_exposed(State const& head, FullRevision const& full) {
    auto const grid = core::grid_of(full.revision.source);
    std::vector<core::Issue> issues;
    for (auto const& stack : full.stacks) {
        auto const has = [&](auto const& service) { return service.name == stack->expose; };
        if (stack->expose.empty() || std::ranges::any_of(stack->services, has)) continue;
        if (head.find<model::Stack>(core::stack_id(grid, stack->name))) continue;
        issues.push_back(
            {.path = "expose",
             .reason = fmt::format(
                 "there is no service '{}' in the new stack {}", stack->expose, stack->name
             ),
             .file = stack->origin.file,
             .line = stack->origin.line}
        );
    }
    if (issues.empty()) return {};
    auto message = to_string(issues.front());
    return core::fail(core::Errc::invalid, std::move(message), std::move(issues));
}

core::Result<Txn> apply_revision(
    GridViews& views,
    State const& head,
    FullRevision const& full,
    ApplyOptions const& options,
    core::TimePoint now,
    model::Plan& plan
) {
    auto const& revision = full.revision;
    KCHECK(check_settings(head, revision));
    KTRY(auto ready, prepared(views, head, full, options, now));
    Txn txn(head, options.cause);
    if (options.dry_run) {
        plan = std::move(ready.plan);
        return txn;
    }
    if (options.saved) KCHECK(carry_out(ready, *options.saved));
    plan = apply(txn, std::move(ready), now);
    apply_settings(txn, revision, now);
    put_revision(txn, full);
    auto const before = head.find<model::SourceStatus>(revision.source);
    auto status = before ? *before : model::SourceStatus{.id = revision.source};
    status.state = model::SyncState::synced;
    status.seen_commit = status.applied_commit = revision.commit;
    status.seen_revision = status.applied_revision = revision.id;
    if (!plan.empty()) status.plan = plan.id;
    status.error.clear();
    status.issues.clear();
    status.failures = 0;
    status.quarantine.reset();
    bool const news = !before || before->state != status.state ||
                      before->applied_revision != status.applied_revision || !plan.empty() ||
                      !before->error.empty();
    if (!news) return txn;
    status.changed_at = now;
    txn.put(std::move(status));
    return txn;
}

core::Result<model::Plan> plan_revision(
    GridViews& views,
    State const& head,
    FullRevision const& full,
    ApplyOptions const& options,
    core::TimePoint now
) {
    KTRY(auto ready, prepared(views, head, full, options, now));
    return std::move(ready.plan);
}

void save_plan(Txn& txn, FullRevision const& full, model::Plan const& plan) {
    if (plan.empty()) return;
    put_revision(txn, full);
    put_plan(txn, plan);
}

core::Result<Txn> apply_saved(
    GridViews& views,
    State const& head,
    core::PlanId const& id,
    model::Cause cause,
    core::TimePoint now
) {
    auto const saved = head.find<model::Plan>(id);
    if (!saved) return core::fail(core::Errc::not_found, fmt::format("there is no plan {}", id));
    if (saved->moves > 0) return move_as_saved(views, head, *saved, std::move(cause), now);
    auto const revision = find_revision(head, saved->revision);
    if (!revision)
        return core::fail(
            core::Errc::conflict,
            fmt::format(
                "plan {} cannot be applied: the files that it was computed from are no longer kept",
                id.leaf()
            )
        );
    ApplyOptions options{
        .prune = saved->prune,
        .force = saved->force,
        .retry_failed = saved->retry_failed,
        .saved = saved,
        .cause = std::move(cause),
    };
    options.cause.source = revision->revision.source.leaf();
    options.cause.commit = revision->revision.commit;
    model::Plan plan;
    return apply_revision(views, head, *revision, options, now, plan);
}

} // namespace kontena::master
