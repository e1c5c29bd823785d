#include "cli/client/replies.hpp"
#include "cli/commands/command.hpp"
#include "cli/render/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace kontena::cli {

using core::Errc;
using core::Result;

namespace {

constexpr std::array<args::Option, 5> kLoginOptions{{
    {.name = "token",
     .value = "TOKEN",
     .help = "an API token",
     .letter = 't',
     .env = "KONTENA_TOKEN"},
    {.name = "name",
     .value = "NAME",
     .help = "what to call this master here",
     .letter = 'n',
     .env = "KONTENA_MASTER"},
    {.name = "grid", .value = "GRID", .help = "the grid to select"},
    {.name = "ca",
     .value = "FILE",
     .help = "PEM file of the authority that the master's certificate is from"},
    {.name = "silent", .value = {}, .help = "print nothing", .letter = 's'},
}};
constexpr std::array<args::Param, 1> kLoginParams{
    {{"URL", "https://HOST:PORT of the master", args::Need::maybe}}
};
constexpr std::array<args::Param, 1> kNameParam{{{"NAME", "name of the master"}}};
constexpr std::array<args::Option, 1> kListOptions{kQuietOption};

/// The entry of the configuration that a login is about.
Result<Server> login_target(Context& context) {
    auto const url = context.args.get("URL");
    auto const name = context.args.get("name");
    if (!url) {
        auto const* known = context.config.find(name ? *name : context.config.current_server);
        if (known != nullptr) return *known;
        return core::fail(
            Errc::invalid,
            name ? fmt::format("there is no master '{}' yet: give its URL", *name)
                 : std::string("no master is selected: give the URL of one")
        );
    }
    if (url->find("://") == std::string::npos) {
        if (auto const* known = context.config.find(*url)) return *known;
        return core::fail(
            Errc::invalid,
            fmt::format("'{}' is neither the URL nor the name of a known master", *url)
        );
    }
    if (name) {
        auto const* known = context.config.find(*name);
        auto out = known == nullptr ? Server{.name = *name} : *known;
        if (out.url != *url) out.grid.clear();
        out.url = *url;
        return out;
    }
    auto const known = std::ranges::find(context.config.servers, *url, &Server::url);
    if (known != context.config.servers.end()) return *known;
    Server out{.name = "kontena-master", .url = *url};
    for (int n = 2; context.config.find(out.name) != nullptr; ++n)
        out.name = fmt::format("kontena-master-{}", n);
    return out;
}

awaitable<Result<int>> login(Context& context) {
    KCO_TRY(auto server, login_target(context));
    if (auto token = context.args.get("token")) server.token = *token;
    if (auto file = context.args.get("ca")) {
        std::error_code ec;
        server.ca_file = std::filesystem::absolute(*file, ec).string();
    }
    if (server.token.empty())
        co_return core::fail(
            Errc::invalid,
            "a token is needed: --token TOKEN. The first one is in the master's data folder "
            "(admin.token)"
        );
    KCO_TRY(auto const api, context.connect(server));
    auto user = co_await call<UserReply>(*api, {.path = "user"});
    if (!user) co_return std::move(user.error()).with_context("logging in to " + server.url);
    server.username = user->name.empty() ? user->email : user->name;
    if (auto grid = context.args.get("grid")) {
        server.grid = *grid;
    } else if (server.grid.empty()) {
        auto grids = co_await call<GridsReply>(*api, {.path = "grids"});
        if (grids && !grids->grids.empty()) server.grid = grids->grids.front().name;
    }
    context.config.current_server = server.name;
    context.config.put(server);
    KCO_CHECK(save_config(context.config_file, context.config));
    if (context.args.flag("silent")) co_return kOk;
    context.out() << fmt::format(
        "Authenticated to Kontena Master {} at {}{}\n",
        server.name,
        server.url,
        server.username.empty() ? "" : " as " + server.username
    );
    if (!server.grid.empty()) context.out() << fmt::format("Using grid: {}\n", server.grid);
    co_return kOk;
}

awaitable<Result<int>> list(Context& context) {
    if (context.args.flag("quiet")) {
        for (auto const& server : context.config.servers) context.out() << server.name << "\n";
        co_return kOk;
    }
    render::Table table({"name", "url", "grid"}, context.style());
    for (auto const& server : context.config.servers) {
        auto const current = server.name == context.config.current_server;
        table.add({(current ? "* " : "") + server.name, server.url, server.grid});
    }
    context.out() << table.str();
    co_return kOk;
}

awaitable<Result<int>> use(Context& context) {
    auto const name = context.args.text("NAME");
    auto const* server = context.config.find(name);
    if (server == nullptr)
        co_return core::fail(
            Errc::not_found, fmt::format("there is no master '{}'; see: kontena master list", name)
        );
    context.config.current_server = name;
    KCO_CHECK(save_config(context.config_file, context.config));
    context.out() << fmt::format("Using master: {} ({})\n", server->name, server->url);
    context.out(
    ) << fmt::format("Using grid: {}\n", server->grid.empty() ? "<none>" : server->grid);
    co_return kOk;
}

constexpr std::array<Entry, 3> kCommands{{
    {{"master login", "Log in to a master with a token", kLoginOptions, kLoginParams}, login},
    {{"master list", "List the masters that you have logged in to", kListOptions, {}, "ls"}, list},
    {{"master use", "Select a master", {}, kNameParam}, use},
}};

} // namespace

std::span<Entry const> master_commands() { return kCommands; }

} // namespace kontena::cli
