#include "cli/render/plan.hpp"

#include "cli/client/replies.hpp"
#include "cli/commands/command.hpp"
#include "cli/commands/wait.hpp"
#include "cli/render/progress.hpp"
#include "cli/render/show.hpp"

#include <fmt/format.h>

#include <array>

namespace kontena::cli {

using core::Result;

namespace {

constexpr std::array<args::Option, 3> kListOptions{kGridOption, kQuietOption, kFormatOption};
constexpr args::Option kPlanFormat{
    .name = "format",
    .value = "FORMAT",
    .help = "table, json or markdown",
    .fallback = "table",
};
constexpr std::array<args::Option, 2> kShowOptions{kGridOption, kPlanFormat};
constexpr std::array<args::Option, 3> kApplyOptions{kGridOption, kWaitOption, kTimeoutOption};
constexpr std::array<args::Param, 1> kSaved{{{"PLAN", "id of the plan, as plan list shows it"}}};
constexpr std::array<args::Param, 1> kPlan{
    {{"PLAN", "id of the plan, as plan list shows it (default: the newest)", args::Need::maybe}}
};

awaitable<Result<int>> list(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    KCO_TRY(auto const format, context.choice("format", {"table", "json"}));
    auto raw = co_await api->request({.path = api_path({"grids", grid, "plans"})});
    if (!raw) co_return std::move(raw.error());
    if (format == "json") {
        context.out() << json::pretty(*raw);
        co_return kOk;
    }
    KCO_TRY(auto const reply, decoded<PlansReply>(std::move(raw)));
    if (!context.args.flag("quiet"))
        context.out() << render::plans(reply.plans, context.style());
    else
        for (auto const& plan : reply.plans) context.out() << plan.id.str() << "\n";
    co_return kOk;
}

/// `digest`, `grid/digest`, or the newest plan of the grid.
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
        context.out() << render::plan_markdown(*reply.plan);
        co_return kOk;
    }
    if (reply.plan)
        context.out() << render::plan(*reply.plan, render::Detail::full, context.style());
    if (reply.progress) {
        context.out() << fmt::format("Progress: {}\n", json::enum_name(reply.progress->state));
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
    auto reply = co_await call<PlanReply>(*api, {.method = "POST", .path = *path + "/apply"});
    if (!reply) co_return std::move(reply.error());
    auto const plan = reply->plan.value_or(model::Plan{});
    context.out() << render::plan(plan, render::Detail::brief, context.style()) << std::flush;
    if (!context.args.flag("wait")) co_return kOk;
    auto ask = progress_of_plan(*api, plan.id.str());
    co_return co_await wait_and_tell(context, std::move(ask), {.limit = limit});
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
