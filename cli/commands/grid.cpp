#include "cli/client/replies.hpp"
#include "cli/commands/command.hpp"
#include "cli/commands/output.hpp"
#include "cli/render/plan.hpp"
#include "cli/render/show.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::cli {

namespace bj = boost::json;
using core::Errc;
using core::Result;

namespace {

constexpr std::array<args::Option, 2> kListOptions{kQuietOption, kFormatOption};
constexpr std::array<args::Option, 1> kShowOptions{kFormatOption};
constexpr std::array<args::Option, 6> kCreateOptions{{
    {.name = "initial-size",
     .value = "N",
     .help = "nodes that the grid begins with",
     .fallback = "1"},
    {.name = "token", .value = "TOKEN", .help = "the token that agents join with (default: random)"
    },
    {.name = "subnet", .value = "CIDR", .help = "network of the containers"},
    {.name = "supernet", .value = "CIDR", .help = "network that holds the networks of all grids"},
    {.name = "default-affinity",
     .value = "RULE",
     .help = "affinity of services that have none",
     .many = true},
    {.name = "silent", .value = {}, .help = "print nothing"},
}};
constexpr std::array<args::Option, 2> kRebalanceOptions{
    args::Option{
        .name = "moves", .value = "N", .help = "at most so many instances move", .fallback = "10"
    },
    kPlanFormatOption,
};
constexpr std::array<args::Param, 1> kName{{{"NAME", "name of the grid"}}};
constexpr std::array<args::Param, 1> kOptionalName{
    {{"NAME", "name of the grid (default: the selected one)", args::Need::maybe}}
};

/// Writes the selection of a grid into the configuration.
Result<> select(Context& context, std::string const& grid) {
    KTRY(auto const session, context.session());
    if (session.from_env) {
        context.warn("KONTENA_URL is set, so nothing is written: select the grid with KONTENA_GRID"
        );
        return {};
    }
    auto* server = context.config.find(session.server.name);
    if (server == nullptr) return {};
    server->grid = grid;
    return context.save();
}

awaitable<Result<int>> list(Context& context) {
    KCO_TRY(auto const session, context.session());
    auto const names = [](GridsReply const& reply) {
        return names_of(reply.grids, [](auto const& grid) { return grid.name; });
    };
    auto const text = [&context, current = session.server.grid](GridsReply const& reply) {
        if (reply.grids.empty())
            context.warn("there is no grid yet; make one with: kontena grid create NAME");
        return render::grids(reply.grids, current, context.style());
    };
    co_return co_await print_list<GridsReply>(context, "grids", names, text);
}

awaitable<Result<int>> create(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const size, context.number("initial-size", 0));
    auto const name = context.args.text("NAME");
    bj::object body{{"name", name}, {"initial_size", size}};
    for (auto const* key : {"token", "subnet", "supernet"})
        if (auto const value = context.args.get(key)) body[key] = *value;
    if (auto const rules = context.args.all("default-affinity"); !rules.empty())
        body["default_affinity"] = json::encode(rules);
    ApiRequest request{.method = "POST", .path = "grids", .body = std::move(body)};
    auto grid = co_await call<GridReply>(*api, std::move(request));
    if (!grid) co_return std::move(grid.error());
    KCO_CHECK(select(context, name));
    if (context.args.flag("silent")) co_return kOk;
    context.out() << fmt::format("Created grid {} and selected it.\n", name);
    if (!grid->token.empty() && !context.args.has("token"))
        context.out(
        ) << fmt::format("Grid token (shown once; agents join with it): {}\n", grid->token);
    context.out() << "Next: make a node with: kontena node create NAME\n";
    co_return kOk;
}

awaitable<Result<int>> use(Context& context) {
    KCO_TRY(auto* const api, context.api());
    auto const name = context.args.text("NAME");
    auto reply = co_await call<GridsReply>(*api, {.path = "grids"});
    if (!reply) co_return std::move(reply.error());
    if (std::ranges::find(reply->grids, name, &GridReply::name) == reply->grids.end())
        co_return core::fail(
            Errc::not_found, fmt::format("there is no grid '{}'; see: kontena grid list", name)
        );
    KCO_CHECK(select(context, name));
    context.out() << fmt::format("Using grid: {}\n", name);
    co_return kOk;
}

awaitable<Result<int>> show(Context& context) {
    KCO_TRY(auto const as_json, wants_json(context));
    auto name = context.args.text("NAME");
    if (name.empty()) {
        KCO_TRY(name, context.grid());
    }
    NodesReply nodes;
    if (!as_json) {
        KCO_TRY(auto* const api, context.api());
        KCO_TRY(
            nodes, co_await call<NodesReply>(*api, {.path = api_path({"grids", name, "nodes"})})
        );
    }
    auto const text = [nodes](GridReply const& grid) { return render::grid(grid, nodes.nodes); };
    co_return co_await print_reply<GridReply>(context, api_path({"grids", name}), text);
}

/// Shows what would move. Nothing does: the plan is saved, for `plan apply`.
awaitable<Result<int>> rebalance(Context& context) {
    KCO_TRY(auto const format, context.choice("format", {"table", "json", "markdown"}));
    KCO_TRY(auto const moves, context.number("moves", 1));
    KCO_TRY(auto* const api, context.api());
    auto grid = std::string(context.args.text("NAME"));
    if (grid.empty()) {
        KCO_TRY(auto selected, context.grid());
        grid = std::move(selected);
    }
    auto raw = co_await api->request(
        {.method = "POST",
         .path = api_path({"grids", grid, "rebalance"}),
         .body = bj::object{{"moves", moves}}}
    );
    if (!raw) co_return std::move(raw.error());
    if (format == "json") {
        context.out() << json::pretty(*raw);
        co_return kOk;
    }
    KCO_TRY(auto const reply, decoded<PlanReply>(std::move(raw)));
    auto const plan = reply.plan.value_or(model::Plan{});
    if (plan.empty()) {
        context.out() << "No move would spread the instances more evenly.\n";
        co_return kOk;
    }
    if (format == "markdown") {
        context.out() << render::plan_markdown(plan, true);
        co_return kOk;
    }
    context.out() << render::plan(plan, render::Detail::full, context.style());
    context.out(
    ) << fmt::format("Nothing is moved yet. To carry it out: {}\n", render::apply_command(plan));
    co_return kOk;
}

constexpr std::array<Entry, 5> kCommands{{
    {{"grid create", "Make a grid and select it", kCreateOptions, kName}, create},
    {{"grid list", "List grids", kListOptions, {}, "ls"}, list},
    {{"grid use", "Select a grid", {}, kName}, use},
    {{"grid show", "Show a grid", kShowOptions, kOptionalName}, show},
    {{"grid rebalance",
      "Plan moves that spread instances more evenly; plan apply carries them out",
      kRebalanceOptions,
      kOptionalName},
     rebalance},
}};

} // namespace

std::span<Entry const> grid_commands() { return kCommands; }

} // namespace kontena::cli
