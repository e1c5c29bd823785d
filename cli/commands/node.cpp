#include "cli/client/replies.hpp"
#include "cli/commands/command.hpp"
#include "cli/commands/output.hpp"
#include "cli/render/show.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <array>

namespace kontena::cli {

namespace bj = boost::json;
using core::Errc;
using core::Result;

namespace {

constexpr args::Option kLabel{
    .name = "label", .value = "KEY=VALUE", .help = "a label", .letter = 'l', .many = true
};
constexpr std::array<args::Option, 3> kListOptions{kGridOption, kQuietOption, kFormatOption};
constexpr std::array<args::Option, 3> kCreateOptions{
    kGridOption,
    kLabel,
    args::Option{.name = "token", .value = "TOKEN", .help = "the node's token (default: random)"},
};
constexpr std::array<args::Option, 2> kShowOptions{kGridOption, kFormatOption};
constexpr std::array<args::Option, 2> kRemoveOptions{kGridOption, kForceOption};
constexpr std::array<args::Option, 4> kUpdateOptions{
    kGridOption,
    kLabel,
    args::Option{.name = "clear-labels", .value = {}, .help = "take all labels away"},
    args::Option{
        .name = "availability", .value = "active|drain", .help = "drain: stateless instances leave"
    },
};
constexpr std::array<args::Param, 1> kName{{{"NAME", "name of the node"}}};
constexpr std::array<args::Param, 1> kNames{{{"NODE", "name of the node", args::Need::some}}};

awaitable<Result<int>> list(Context& context) {
    KCO_TRY(auto const as_json, wants_json(context));
    KCO_TRY(auto const grid, context.grid());
    int size = 0;
    if (!as_json && !context.args.flag("quiet")) {
        KCO_TRY(auto* const api, context.api());
        auto const shown = co_await call<GridReply>(*api, {.path = api_path({"grids", grid})});
        size = shown ? shown->initial_size : 0;
    }
    auto const names = [](NodesReply const& reply) {
        return names_of(reply.nodes, [](auto const& node) { return node.name; });
    };
    auto const text = [&context, size](NodesReply const& reply) {
        return render::nodes(reply.nodes, size, context.now(), context.style());
    };
    auto path = api_path({"grids", grid, "nodes"});
    co_return co_await print_list<NodesReply>(context, std::move(path), names, text);
}

awaitable<Result<int>> create(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    KCO_TRY(auto const session, context.session());
    auto const name = context.args.text("NAME");
    bj::object body{{"name", name}, {"labels", json::encode(context.args.all("label"))}};
    if (auto const token = context.args.get("token")) body["token"] = *token;
    ApiRequest request{
        .method = "POST", .path = api_path({"grids", grid, "nodes"}), .body = std::move(body)
    };
    auto node = co_await call<NodeReply>(*api, std::move(request));
    if (!node) co_return std::move(node.error());
    auto const token = node->token.empty() ? context.args.text("token") : node->token;
    context.out() << fmt::format(
        "Created node {} in grid {}. Start its agent on the host with (the token is shown "
        "once):\n\n"
        "  KONTENA_URI={} KONTENA_NODE_TOKEN={} kontena-agent\n\n"
        "or write these two settings to /etc/kontena/agent.env and: systemctl enable --now "
        "kontena-agent\n",
        name,
        grid,
        session.server.url,
        token
    );
    co_return kOk;
}

awaitable<Result<int>> show(Context& context) {
    KCO_TRY(auto const grid, context.grid());
    auto path = api_path({"nodes", grid, context.args.text("NAME")});
    co_return co_await print_reply<NodeReply>(context, std::move(path), render::node);
}

awaitable<Result<int>> update(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    bj::object body;
    auto const labels = context.args.all("label");
    if (!labels.empty() || context.args.flag("clear-labels")) body["labels"] = json::encode(labels);
    if (context.args.has("availability")) {
        KCO_TRY(body["availability"], context.choice("availability", {"active", "drain"}));
    }
    if (body.empty())
        co_return core::fail(
            Errc::invalid, "nothing to update: give --label, --clear-labels or --availability"
        );
    for (auto const& name : context.args.all("NODE")) {
        ApiRequest request{.method = "PUT", .path = api_path({"nodes", grid, name}), .body = body};
        auto node = co_await call<NodeReply>(*api, std::move(request));
        if (!node) co_return std::move(node.error()).with_context("updating node " + name);
        context.out() << fmt::format("Updated node {}\n", name);
    }
    co_return kOk;
}

awaitable<Result<int>> remove(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    for (auto const& name : context.args.all("NODE")) {
        auto const path = api_path({"nodes", grid, name});
        auto node = co_await call<NodeReply>(*api, {.path = path});
        if (!node) co_return std::move(node.error()).with_context("removing node " + name);
        if (node->connected && !context.args.flag("force"))
            co_return core::fail(
                Errc::conflict,
                fmt::format(
                    "node {} is still connected: stop its agent first, or pass --force", name
                )
            );
        KCO_CHECK(
            context.confirm(fmt::format("This removes node {} from grid {}.", name, grid), name)
        );
        ApiRequest request{.method = "DELETE", .path = path};
        auto removed = co_await api->request(std::move(request));
        if (!removed) co_return std::move(removed.error()).with_context("removing node " + name);
        context.out() << fmt::format("Removed node {}\n", name);
    }
    co_return kOk;
}

constexpr std::array<Entry, 5> kCommands{{
    {{"node list", "List the nodes of a grid", kListOptions, {}, "ls"}, list},
    {{"node create", "Make a node and print how to start its agent", kCreateOptions, kName}, create
    },
    {{"node show", "Show a node", kShowOptions, kName}, show},
    {{"node update", "Change labels or availability of nodes", kUpdateOptions, kNames}, update},
    {{"node remove", "Remove nodes from a grid", kRemoveOptions, kNames, "rm"}, remove},
}};

} // namespace

std::span<Entry const> node_commands() { return kCommands; }

} // namespace kontena::cli
