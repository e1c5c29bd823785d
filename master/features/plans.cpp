#include "master/features/feature.hpp"
#include "master/features/plan_progress.hpp"
#include "master/gitops/render.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <iterator>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;
using core::Result;

constexpr std::size_t kMaxStacks = 1000;

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

awaitable<Reply> list(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const grid, grid_at(state, context));
    std::vector<std::shared_ptr<model::Plan const>> plans;
    state.all<model::Plan>().for_prefix(grid->id.str() + "/", [&](auto const&, auto const& plan) {
        plans.push_back(plan);
    });
    std::ranges::sort(plans, std::ranges::greater{}, [](auto const& plan) {
        return plan->created_at;
    });
    bj::array out;
    for (auto const& plan : plans) out.push_back(json::encode(*plan));
    co_return json_reply(200, bj::object{{"plans", std::move(out)}});
}

awaitable<Reply> get(Services& services, Context context) {
    auto const& state = services.store.state();
    auto const id = core::PlanId(fmt::format("{}/{}", context.at("grid"), context.at("plan")));
    auto const plan = state.find<model::Plan>(id);
    if (!plan) {
        co_return core::fail(
            Errc::not_found, fmt::format("there is no plan {} (the newest 100 are kept)", id)
        );
    }
    co_return json_reply(
        200,
        bj::object{
            {"plan", json::encode(*plan)}, {"progress", json::encode(progress_of(state, *plan))}
        }
    );
}

awaitable<Reply> apply_plan(Services& services, Context context) {
    auto const id = core::PlanId(fmt::format("{}/{}", context.at("grid"), context.at("plan")));
    auto const cause = cause_of(context, fmt::format("apply plan {}", id.leaf()));
    Store::Build build = [&](State const& head) -> Result<Txn> {
        return apply_saved(services.views, head, id, cause, services.clock.now());
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    co_return co_await get(services, std::move(context));
}

} // namespace

void add_plan_routes(Router& router, Services& services) {
    router.add("POST", "/v1/grids/:grid/apply", handle(services, apply_upload));
    router.add("GET", "/v1/grids/:grid/plans", handle(services, list));
    router.add("GET", "/v1/plans/:grid/:plan", handle(services, get));
    router.add("POST", "/v1/plans/:grid/:plan/apply", handle(services, apply_plan));
}

} // namespace kontena::master
