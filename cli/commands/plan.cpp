#include "cli/render/plan.hpp"

#include "cli/client/replies.hpp"
#include "cli/commands/command.hpp"
#include "cli/commands/output.hpp"
#include "cli/commands/wait.hpp"
#include "cli/render/progress.hpp"
#include "cli/render/show.hpp"

#include <fmt/format.h>

#include <array>

namespace kontena::cli {

using core::Result;

namespace {

constexpr std::array<args::Option, 3> kListOptions{kGridOption, kQuietOption, kFormatOption};
constexpr std::array<args::Option, 2> kShowOptions{kGridOption, kPlanFormatOption};
constexpr std::array<args::Option, 3> kApplyOptions{kGridOption, kWaitOption, kTimeoutOption};
constexpr std::array<args::Param, 1> kSaved{
    {{"PLAN", "id or hash of the plan, or the beginning of one"}}
};
constexpr std::array<args::Param, 1> kPlan{
    {{"PLAN",
      "id or hash of the plan, or the beginning of one (default: the newest)",
      args::Need::maybe}}
};

awaitable<Result<int>> list(Context& context) {
    KCO_TRY(auto const grid, context.grid());
    auto const names = [](PlansReply const& reply) {
        return names_of(reply.plans, [](auto const& plan) { return plan.id.str(); });
    };
    auto const text = [&context](PlansReply const& reply) {
        return render::plans(reply.plans, context.style());
    };
    auto path = api_path({"grids", grid, "plans"});
    co_return co_await print_list<PlansReply>(context, std::move(path), names, text);
}

/// `plan`, `grid/plan`, or the newest plan of the grid.
awaitable<Result<std::string>> plan_path(Context& context, ApiClient& api) {
    auto const given = context.args.text("PLAN");
    auto const slash = given.find('/');
    if (slash != std::string::npos)
        co_return api_path({"plans", given.substr(0, slash), given.substr(slash + 1)});
    KCO_TRY(auto const grid, context.grid());
    if (!given.empty()) co_return api_path({"plans", grid, given});
    auto reply = co_await call<PlansReply>(api, {.path = api_path({"grids", grid, "plans"})});
    if (!reply) co_return std::move(reply.error());
    if (reply->plans.empty())
        co_return core::fail(core::Errc::not_found, fmt::format("grid {} has no plans yet", grid));
    auto const& newest = reply->plans.front().id;
    co_return api_path({"plans", grid, newest.leaf()});
}

awaitable<Result<int>> show(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const format, context.choice("format", {"table", "json", "markdown"}));
    auto path = co_await plan_path(context, *api);
    if (!path) co_return std::move(path.error());
    auto raw = co_await api->request({.path = std::move(*path)});
    if (!raw) co_return std::move(raw.error());
    if (format == "json") {
        context.out() << json::pretty(*raw);
        co_return kOk;
    }
    KCO_TRY(auto const reply, decoded<PlanReply>(std::move(raw)));
    if (reply.plan && format == "markdown") {
        bool const waits = reply.progress && reply.progress->state == ProgressState::saved;
        context.out() << render::plan_markdown(*reply.plan, waits);
        co_return kOk;
    }
    if (reply.plan)
        context.out() << render::plan(*reply.plan, render::Detail::full, context.style());
    if (reply.progress) {
        context.out() << fmt::format(
            "Progress: {}\n",
            render::plan_state(*reply.progress, reply.plan.value_or(model::Plan{}))
        );
        for (auto const& line : render::progress_lines(*reply.progress, context.style()))
            context.out() << "  " << line << "\n";
    }
    co_return kOk;
}

/// Carries out a saved plan, or says what is different by now.
awaitable<Result<int>> apply(Context& context) {
    KCO_TRY(auto const limit, wait_limit(context));
    KCO_TRY(auto* const api, context.api());
    auto path = co_await plan_path(context, *api);
    if (!path) co_return std::move(path.error());
    auto reply = co_await call<PlanReply>(
        *api, {.method = "POST", .path = *path + "/apply", .limit = kLongLimit}
    );
    if (!reply) co_return std::move(reply.error());
    auto const plan = reply->plan.value_or(model::Plan{});
    context.out() << render::plan(plan, render::Detail::brief, context.style()) << std::flush;
    if (!context.args.flag("wait")) {
        context.out(
        ) << fmt::format("Plan {} has begun. Watch it: {}\n", plan.id.leaf(), watch_plan(plan));
        co_return kOk;
    }
    auto ask = progress_of_plan(*api, plan.id.str());
    WaitOptions options{
        .limit = limit, .watch = watch_plan(plan), .after_failure = after_failed_apply
    };
    if (!plan.cause.commit.empty())
        options.after_failure = [source = plan.cause.source](Progress const&) {
            return after_failed_commit(source);
        };
    co_return co_await wait_and_tell(context, std::move(ask), std::move(options));
}

constexpr std::array<Entry, 3> kCommands{{
    {{"plan list", "List the newest plans of a grid", kListOptions, {}, "ls"}, list},
    {{"plan apply", "Carry out a saved plan, exactly as it is", kApplyOptions, kSaved}, apply},
    {{"plan show", "Explain a plan: every action, its cause, every placement", kShowOptions, kPlan},
     show},
}};

} // namespace

std::span<Entry const> plan_commands() { return kCommands; }

} // namespace kontena::cli
