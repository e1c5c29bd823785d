#include "cli/client/replies.hpp"
#include "cli/commands/command.hpp"
#include "cli/commands/output.hpp"
#include "cli/commands/stack_options.hpp"
#include "cli/commands/wait.hpp"
#include "cli/render/issues.hpp"
#include "cli/render/plan.hpp"
#include "cli/render/show.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

namespace kontena::cli {

namespace bj = boost::json;
using core::Errc;
using core::Result;

namespace {

constexpr args::Option kFile{
    .name = "file",
    .value = "FILE|DIR",
    .help = "a stack file, a grid file, a folder of them, or - for stdin",
    .letter = 'f',
    .many = true,
    .fallback = "kontena.yml",
};
constexpr std::array<args::Option, 16> kApplyOptions{
    kGridOption,
    kFile,
    kVariableOption,
    kValuesFromOption,
    kValuesFromStackOption,
    kValuesToOption,
    kStackNameOption,
    args::Option{
        .name = "dependencies",
        .value = {},
        .help = "also apply the stacks that they depend on",
        .negatable = true,
        .fallback = "true",
    },
    kDryRunOption,
    args::Option{
        .name = "save", .value = {}, .help = "with --dry-run: keep the plan, for plan apply"
    },
    kDetailedOption,
    kWaitOption,
    kTimeoutOption,
    kPlanFormatOption,
    args::Option{.name = "force", .value = {}, .help = "also change stacks that a Git source owns"},
    args::Option{
        .name = "prune",
        .value = {},
        .help = "remove stacks that were applied by hand before and are not given now",
    },
};
constexpr std::array<args::Option, 3> kListOptions{kGridOption, kQuietOption, kFormatOption};
constexpr std::array<args::Option, 2> kShowOptions{kGridOption, kFormatOption};
constexpr std::array<args::Option, 5> kRemoveOptions{
    kGridOption,
    kForceOption,
    args::Option{
        .name = "owned",
        .value = {},
        .help = "also when a Git source owns the stack, which may bring it back",
    },
    args::Option{
        .name = "wait",
        .value = {},
        .help = "wait until its containers are gone",
        .negatable = true,
        .fallback = "true",
    },
    kTimeoutOption,
};
constexpr std::array<args::Param, 1> kName{{{"NAME", "name of the stack"}}};
constexpr std::array<args::Param, 1> kNames{{{"NAME", "name of the stack", args::Need::some}}};

/// A Git source changes some settings of the grid and holds others against it; stacks that are
/// applied by hand leave the grid as it is.
void tell_settings(Context& context, StackReadings const& readings) {
    if (!readings.settings) return;
    auto const& settings = *readings.settings;
    std::vector<std::string_view> applied;
    std::vector<std::string_view> compared;
    if (settings.default_affinity) applied.emplace_back("default_affinity");
    if (settings.trusted_subnets) applied.emplace_back("trusted_subnets");
    if (settings.initial_size) compared.emplace_back("initial_size");
    if (settings.subnet) compared.emplace_back("subnet");
    if (settings.supernet) compared.emplace_back("supernet");
    auto const tell = [&](std::vector<std::string_view> const& keys, std::string_view what) {
        if (!keys.empty())
            context.warn(fmt::format(
                "{}: {} {} not {}: stack apply carries out only the stacks of a grid file; a Git "
                "source that has the file does it, too (kontena source add)",
                settings.origin.file,
                fmt::join(keys, ", "),
                keys.size() == 1 ? "is" : "are",
                what
            ));
    };
    tell(applied, "applied");
    tell(compared, "held against the grid");
}

/// Reads the files; problems go to stderr (or as JSON to stdout) and end the command.
Result<std::vector<model::StackSpec>> read_files(Context& context, std::string const& grid) {
    auto const& args = context.args;
    KTRY(auto const at, stack_world(context, true));
    KTRY(auto const files, gather_stack_files(args.all("file"), *at.world, context.terminal.in));
    if (args.has("name") && files.size() > 1)
        return core::fail(Errc::invalid, "option '--name' works with a single stack file");
    ReadOptions options{
        .purpose = Purpose::apply,
        .grid = grid,
        .stack_name = args.text("name"),
        .parent_name = {},
        .values = {},
        .depends = args.flag("dependencies") ? stackfile::Depends::read : stackfile::Depends::leave,
    };
    KTRY(options.values, all_given_values(context, at));
    auto readings = read_stacks(files, options, *at.world, context.terminal.err_style);
    if (args.text("format") == "json" && !readings.errors.empty()) {
        context.out() << json::pretty(bj::object{
            {"error", "validation failed"},
            {"issues", json::encode(readings.errors)},
            {"warnings", json::encode(readings.warnings)},
        });
        readings.report.clear();
    }
    KCHECK(tell(context, readings, "; nothing was changed"));
    KCHECK(write_values(context, readings));
    tell_settings(context, readings);
    return readings.stacks();
}

/// An empty plan may mean that an earlier request is still being carried out: wait for that.
awaitable<Result<AskProgress>> what_to_wait_for(
    ApiClient& api, std::string grid, model::Plan plan, std::vector<std::string> stacks
) {
    if (!plan.empty()) co_return progress_of_plan(api, plan.id.str());
    std::vector<std::string> services;
    for (auto const& stack : stacks) {
        auto const path = api_path({"grids", grid, "services"}) + "?stack=" + stack;
        auto reply = co_await call<ServicesReply>(api, {.path = path});
        if (!reply) co_return std::move(reply.error());
        for (auto const& service : reply->services) services.push_back(service.id);
    }
    co_return progress_of_services(api, std::move(services));
}

/// `--format json --wait`: one document with the plan and how it ended.
awaitable<Result<int>>
wait_as_json(Context& context, AskProgress ask, WaitOptions options, bj::value reply) {
    options.quiet = true;
    auto progress = co_await wait_until_done(context, std::move(ask), std::move(options));
    if (!progress) co_return std::move(progress.error());
    reply.as_object()["progress"] = json::encode(*progress);
    context.out() << json::pretty(reply);
    co_return exit_code(progress->state);
}

awaitable<Result<int>> apply(Context& context) {
    KCO_TRY(auto const limit, wait_limit(context));
    KCO_TRY(auto const format, context.choice("format", {"table", "json", "markdown"}));
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    auto const& args = context.args;
    KCO_TRY(auto const stacks, read_files(context, grid));
    auto const dry_run = args.flag("dry-run");
    auto const wait = args.flag("wait") && !dry_run;
    bj::object body{
        {"stacks", json::encode(stacks)},
        {"dry_run", dry_run},
        {"save", args.flag("save")},
        {"prune", args.flag("prune")},
        {"force", args.flag("force")},
    };
    ApiRequest request{
        .method = "POST",
        .path = api_path({"grids", grid, "apply"}),
        .body = std::move(body),
        .limit = kLongLimit,
    };
    auto raw = co_await api->request(std::move(request));
    if (!raw) co_return std::move(raw.error()).with_context("applying to grid " + grid);
    auto document = *raw;
    KCO_TRY(auto const reply, decoded<PlanReply>(std::move(raw)));
    auto const plan = reply.plan.value_or(model::Plan{});
    bool const saved = dry_run && args.flag("save") && !plan.empty();
    if (format == "table") {
        context.out() << render::plan(plan, render::Detail::brief, context.style());
        if (saved)
            context.out(
            ) << fmt::format("Saved. To carry it out: {}\n", render::apply_command(plan));
        context.out() << std::flush;
    }
    if (format == "markdown") context.out() << render::plan_markdown(plan, saved) << std::flush;
    if (format == "json" && !wait) context.out() << json::pretty(document);
    if (dry_run) co_return args.flag("detailed-exitcode") && !plan.empty() ? kChanges : kOk;
    if (!wait) co_return kOk;
    std::vector<std::string> names;
    for (auto const& stack : stacks) names.push_back(stack.name);
    auto found = co_await what_to_wait_for(*api, grid, plan, std::move(names));
    if (!found) co_return std::move(found.error());
    WaitOptions options{
        .limit = limit,
        .watch = plan.empty() ? "kontena service list" : watch_plan(plan),
        .after_failure = after_failed_apply
    };
    if (format == "json")
        co_return co_await wait_as_json(
            context, std::move(*found), std::move(options), std::move(document)
        );
    co_return co_await wait_and_tell(context, std::move(*found), std::move(options));
}

awaitable<Result<int>> list(Context& context) {
    KCO_TRY(auto const grid, context.grid());
    auto const names = [](StacksReply const& reply) {
        return names_of(reply.stacks, [](auto const& stack) { return stack.name; });
    };
    auto const text = [&context](StacksReply const& reply) {
        return render::stacks(reply.stacks, context.style());
    };
    auto path = api_path({"grids", grid, "stacks"});
    co_return co_await print_list<StacksReply>(context, std::move(path), names, text);
}

awaitable<Result<int>> show(Context& context) {
    KCO_TRY(auto const grid, context.grid());
    auto const text = [&context](StackReply const& reply) {
        return render::stack(reply, context.style());
    };
    auto path = api_path({"stacks", grid, context.args.text("NAME")});
    co_return co_await print_reply<StackReply>(context, std::move(path), text);
}

awaitable<Result<int>> remove(Context& context) {
    KCO_TRY(auto const limit, wait_limit(context));
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    for (auto const& name : context.args.all("NAME")) {
        KCO_CHECK(context.confirm(
            fmt::format("This removes stack {} and its containers from grid {}.", name, grid), name
        ));
        ApiRequest request{
            .method = "DELETE",
            .path =
                api_path({"stacks", grid, name}) + (context.args.flag("owned") ? "?force=1" : ""),
            .limit = kLongLimit,
        };
        auto reply = co_await call<PlanReply>(*api, std::move(request));
        if (!reply) co_return std::move(reply.error()).with_context("removing stack " + name);
        if (context.args.flag("wait") && reply->plan && !reply->plan->empty()) {
            auto ask = progress_of_plan(*api, reply->plan->id.str());
            auto code = co_await wait_and_tell(
                context, std::move(ask), {.limit = limit, .watch = watch_plan(*reply->plan)}
            );
            if (!code || *code != kOk) co_return code;
        }
        context.out() << fmt::format("Removed stack {}\n", name);
    }
    co_return kOk;
}

constexpr std::array<Entry, 4> kCommands{{
    {{"stack apply", "Make a grid run what stack files say", kApplyOptions}, apply},
    {{"stack list", "List the stacks of a grid", kListOptions, {}, "ls"}, list},
    {{"stack show", "Show a stack", kShowOptions, kName}, show},
    {{"stack remove", "Remove stacks and their containers", kRemoveOptions, kNames, "rm"}, remove},
}};

} // namespace

std::span<Entry const> stack_commands() { return kCommands; }

} // namespace kontena::cli
