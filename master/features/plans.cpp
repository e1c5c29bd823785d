#include "master/control/apply.hpp"
#include "master/features/feature.hpp"
#include "master/features/plan_progress.hpp"
#include "master/gitops/render.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>
#include <tuple>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;
using core::Result;

constexpr std::size_t kMaxStacks = 1000;
constexpr int kMaxMoves = 1000; ///< of one rebalance

struct ApplyInput {
    std::vector<model::StackSpec> stacks;
    bool dry_run = false;
    bool save = false; ///< with dry_run: keep the plan, to be applied later
    bool prune = false;
    bool force = false;
};
BOOST_DESCRIBE_STRUCT(ApplyInput, (), (stacks, dry_run, save, prune, force))

Result<void> check(ApplyInput const& input) {
    std::vector<core::Issue> issues;
    for (auto const& stack : input.stacks) {
        std::ranges::move(model::validate(stack), std::back_inserter(issues));
        std::ranges::move(model::beyond_this_version(stack), std::back_inserter(issues));
    }
    if (input.stacks.size() > kMaxStacks) {
        issues.push_back(
            {.path = "stacks", .reason = fmt::format("there may be {} at a time", kMaxStacks)}
        );
    }
    if (issues.empty()) return {};
    return core::fail(Errc::invalid, "the stacks are not valid", std::move(issues));
}

/// `stack apply` is a revision of the source `uploads`, and takes the same way as a commit.
awaitable<Reply> apply_upload(Services& services, Context context) {
    KCO_TRY(auto input, body_as<ApplyInput>(context));
    KCO_CHECK(check(input));
    auto const now = services.clock.now();
    auto const source = core::source_id(core::GridId(context.at("grid")), "uploads");
    std::vector<Content> stacks;
    for (auto& stack : input.stacks) stacks.push_back(content_of(std::move(stack)));
    auto const revision = make_revision(
        {.source = source, .author = context.caller.token_name, .created_at = now},
        std::move(stacks)
    );
    ApplyOptions const options{
        .dry_run = input.dry_run,
        .prune = input.prune,
        .force = input.force,
        .retry_failed = true,
        .cause = cause_of(context, "stack apply"),
    };
    model::Plan plan;
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto txn, apply_revision(services.views, head, revision, options, now, plan));
        if (options.dry_run && input.save) save_plan(txn, revision, plan);
        if (options.dry_run && !input.save) plan.id = {};
        if (!txn.empty() && !head.find<model::Source>(source)) {
            txn.put(model::Source{
                .id = source,
                .kind = model::SourceKind::uploads,
                .prune = false,
                .created_at = now,
                .updated_at = now
            });
        }
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    co_return json_reply(200, bj::object{{"plan", json::encode(plan)}});
}

/// The plans of a grid, the oldest first.
std::vector<std::shared_ptr<model::Plan const>>
plans_of(State const& state, std::string_view grid) {
    std::vector<std::shared_ptr<model::Plan const>> out;
    state.all<model::Plan>().for_prefix(
        std::string(grid) + "/", [&](auto const&, auto const& plan) { out.push_back(plan); }
    );
    std::ranges::sort(out, {}, [](auto const& plan) {
        return std::tie(plan->created_at, plan->id);
    });
    return out;
}

struct RebalanceInput {
    int moves = 10;
};
BOOST_DESCRIBE_STRUCT(RebalanceInput, (), (moves))

/// Only plans: whoever has seen the moves has them carried out as a saved plan.
awaitable<Reply> plan_rebalance(Services& services, Context context) {
    KCO_TRY(auto const input, body_as<RebalanceInput>(context));
    if (input.moves < 1 || input.moves > kMaxMoves)
        co_return core::fail(
            Errc::invalid,
            "the rebalance cannot be planned",
            {{.path = "moves", .reason = fmt::format("must be from 1 to {}", kMaxMoves)}}
        );
    model::Plan plan;
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const grid, grid_at(head, context));
        auto const cause = cause_of(context, "rebalance");
        KTRY(
            auto ready,
            reconciler::prepare_rebalance(
                *services.views.at(head, grid->id), input.moves, cause, services.clock.now()
            )
        );
        Txn txn(head, cause);
        if (!ready.plan.empty()) put_plan(txn, ready.plan);
        plan = std::move(ready.plan);
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    co_return json_reply(200, bj::object{{"plan", json::encode(plan)}});
}

awaitable<Reply> list(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const grid, grid_at(state, context));
    bj::array out;
    auto const all = plans_of(state, grid->id.str());
    for (auto const& plan : all | std::views::reverse) {
        auto const progress = progress_of(state, *plan);
        auto shown = json::encode(*plan).as_object();
        shown["progress"] =
            bj::object{{"state", json::enum_name(progress.state)}, {"by", progress.by.str()}};
        out.push_back(std::move(shown));
    }
    co_return json_reply(200, bj::object{{"plans", std::move(out)}});
}

/// By its id or hash, or the beginning of one. Of several plans with the same hash, that one which
/// waits, else the newest.
Result<std::shared_ptr<model::Plan const>> plan_at(State const& state, Context const& context) {
    KTRY(auto const grid, grid_at(state, context));
    auto const& word = context.at("plan");
    auto const id = core::PlanId(fmt::format("{}/{}", grid->id.str(), word));
    if (auto const exact = state.find<model::Plan>(id)) return exact;
    std::shared_ptr<model::Plan const> best;
    std::set<std::string> hashes;
    for (auto const& plan : plans_of(state, grid->id.str())) {
        if (!plan->id.leaf().starts_with(word) && !plan->hash.starts_with(word)) continue;
        hashes.insert(plan->hash);
        if (!best || best->applied_at || !plan->applied_at) best = plan;
    }
    if (hashes.size() > 1)
        return core::fail(
            Errc::conflict,
            fmt::format(
                "'{}' is the beginning of {} different plans: give more of it", word, hashes.size()
            )
        );
    if (best) return best;
    return core::fail(
        Errc::not_found,
        fmt::format(
            "there is no plan {} in grid {}: an empty plan is not kept, one of --dry-run only with "
            "--save, and of the others the newest 100",
            word,
            grid->id.str()
        )
    );
}

bj::object show(State const& state, model::Plan const& plan) {
    return {{"plan", json::encode(plan)}, {"progress", json::encode(progress_of(state, plan))}};
}

awaitable<Reply> get(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const plan, plan_at(state, context));
    co_return json_reply(200, show(state, *plan));
}

std::string what_became_of_it(Progress const& progress) {
    switch (progress.state) {
    case ProgressState::saved:
    case ProgressState::ongoing:
        return "it is under way";
    case ProgressState::converged:
        return "everything that it wanted was deployed";
    case ProgressState::failed: {
        auto const bad =
            std::ranges::find(progress.services, ProgressState::failed, &ServiceProgress::state);
        return bad == progress.services.end() ? "it failed" : "it failed: " + bad->reason;
    }
    case ProgressState::superseded:
        return progress.by.empty()
                   ? "a newer change took over before it was done"
                   : fmt::format("plan {} took over before it was done", progress.by.leaf());
    }
    return "";
}

/// A plan is carried out once; whoever asks again is told when that was, and how it came out.
Result<void> check_open(State const& state, model::Plan const& plan) {
    auto const other = plan.applied_at ? nullptr : carried_out_as(state, plan);
    if (!plan.applied_at && !other) return {};
    auto const& done = other ? *other : plan;
    auto const as = other ? fmt::format(", as plan {}", other->id.leaf()) : "";
    auto const began = fmt::format(
        "at {} by {}",
        core::format_time(*done.applied_at),
        done.applied_by.empty() ? "somebody" : done.applied_by
    );
    auto const progress = progress_of(state, done);
    if (progress.state == ProgressState::ongoing)
        return core::fail(
            Errc::conflict,
            fmt::format(
                "plan {} is under way already{}: it was begun {}. Watch it: kontena plan show {}",
                plan.id.leaf(),
                as,
                began,
                done.id.leaf()
            )
        );
    return core::fail(
        Errc::conflict,
        fmt::format(
            "plan {} was carried out already{}, {}: {}. {}",
            plan.id.leaf(),
            as,
            began,
            what_became_of_it(progress),
            plan.moves > 0 ? "For more of it, plan another one: kontena grid rebalance"
                           : "To do it again, apply its files or sync its source"
        )
    );
}

/// Names the plan that is to blame for the difference.
core::Error moved_by(core::Error error, Progress const& progress) {
    if (error.code == Errc::conflict && progress.state == ProgressState::superseded &&
        !progress.by.empty())
        error.issues.push_back(
            {.path = "plan",
             .reason = fmt::format("plan {} was carried out since", progress.by.leaf())}
        );
    return error;
}

awaitable<Reply> apply_plan(Services& services, Context context) {
    core::PlanId id;
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const plan, plan_at(head, context));
        KCHECK(check_open(head, *plan));
        id = plan->id;
        auto cause = cause_of(context, fmt::format("apply plan {}", id.leaf()));
        auto txn = apply_saved(services.views, head, id, std::move(cause), services.clock.now());
        if (!txn) return moved_by(std::move(txn.error()), progress_of(head, *plan));
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    auto const& state = services.store.state();
    auto const plan = state.find<model::Plan>(id);
    if (!plan) co_return core::fail(Errc::not_found, fmt::format("there is no plan {}", id));
    co_return json_reply(200, show(state, *plan));
}

} // namespace

void add_plan_routes(Router& router, Services& services) {
    router.add("POST", "/v1/grids/:grid/apply", handle(services, apply_upload));
    router.add("GET", "/v1/grids/:grid/plans", handle(services, list));
    router.add("POST", "/v1/grids/:grid/rebalance", handle(services, plan_rebalance));
    router.add("GET", "/v1/plans/:grid/:plan", handle(services, get));
    router.add("POST", "/v1/plans/:grid/:plan/apply", handle(services, apply_plan));
}

} // namespace kontena::master
