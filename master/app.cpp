#include "master/app.hpp"

#include "core/async/timeout.hpp"
#include "core/crypto/digest.hpp"
#include "core/net/http_server.hpp"
#include "core/sys/files.hpp"
#include "master/agents/registry.hpp"
#include "master/api/tokens.hpp"
#include "master/control/reconcile_loop.hpp"
#include "master/features/feature.hpp"
#include "master/gitops/sources.hpp"
#include "master/store/sqlite/backend.hpp"

#include <boost/json/array.hpp>

namespace kontena::master {
namespace {

using namespace std::chrono_literals;
using core::Errc;
using core::Result;

constexpr std::size_t kMaxBody = 16UL * 1024 * 1024;
constexpr core::Millis kStopGrace = 2s;
constexpr core::Millis kPrunePause = 10min;
constexpr core::Millis kPruneNext = 100ms;
constexpr int kPruneRows = 2000;

/// Forgets journal rows that are older than the retention, a few at a time.
awaitable<void> prune_journal(Store& store, async::Clock const& clock, core::Seconds retention) {
    for (;;) {
        auto const pruned = co_await store.prune_journal(clock.now() - retention, kPruneRows);
        if (!pruned)
            sys::log::warn("store", "journal not pruned", {{"error", to_string(pruned.error())}});
        bool const more = pruned && *pruned >= kPruneRows;
        co_await async::sleep_for(more ? kPruneNext : kPrunePause);
    }
}

awaitable<net::HttpReply> ping(Context) {
    co_return json_reply(200, boost::json::object{{"message", "pong"}});
}

awaitable<net::HttpReply> about(Context) {
    co_return json_reply(
        200,
        boost::json::object{
            {"name", "Kontena Master"}, {"tagline", "The Docker grid"}, {"version", KONTENA_VERSION}
        }
    );
}

awaitable<net::HttpReply> whoami(Context context) {
    co_return json_reply(
        200,
        boost::json::object{
            {"id", context.caller.token_name},
            {"email", context.caller.token_name},
            {"name", context.caller.token_name},
            {"roles",
             boost::json::array{boost::json::object{{"name", "master_admin"}, {"description", ""}}}
            },
        }
    );
}

} // namespace

struct App::Parts {
    Parts(asio::any_io_executor on, Config with, async::Clock const& time)
        : executor(std::move(on))
        , config(std::move(with))
        , clock(time)
        , tasks(executor, sys::log::reporter("master")) {}

    void add_routes() {
        router->add("GET", "/v1/ping", ping, Access::open);
        router->add("GET", "/", about);
        router->add("GET", "/v1/user", whoami);
        auto agent = [this](Context context) -> awaitable<net::HttpReply> {
            return answer_agent(std::move(context));
        };
        router->add("GET", "/v1/agent", std::move(agent), Access::open);
        add_grid_routes(*router, *services);
        add_node_routes(*router, *services);
        add_stack_routes(*router, *services);
        add_service_routes(*router, *services);
        add_deploy_routes(*router, *services);
        add_source_routes(*router, *services);
        add_plan_routes(*router, *services);
        add_why_routes(*router, *services);
        add_event_routes(*router, *services);
    }

    awaitable<net::HttpReply> answer_agent(Context context) {
        co_return agents->accept(context.request);
    }

    Result<net::Listener> listen() const {
        auto const& c = config;
        if (c.tls_certificate.empty())
            return net::Listener::open_tcp(executor, c.listen_address, c.listen_port);
        return net::Listener::open_tls(
            executor, c.listen_address, c.listen_port, {c.tls_certificate, c.tls_key}
        );
    }

    asio::any_io_executor executor;
    Config config;
    async::Clock const& clock;
    std::uint16_t port = 0;
    Controller controller;
    std::unique_ptr<Store> store;
    std::unique_ptr<AgentRegistry> agents;
    std::unique_ptr<Sources> sources;
    std::unique_ptr<ReconcileLoop> reconcile;
    std::unique_ptr<Services> services;
    std::unique_ptr<Router> router;
    std::unique_ptr<net::HttpServer> server;
    async::TaskGroup tasks;
};

App::App(asio::any_io_executor executor, Config config, async::Clock const& clock)
    : parts_(std::make_unique<Parts>(std::move(executor), std::move(config), clock)) {}

App::~App() = default;

std::uint16_t App::port() const { return parts_->port; }

awaitable<Result<void>> App::start() {
    auto& p = *parts_;
    std::error_code ec;
    std::filesystem::create_directories(p.config.data_dir, ec);
    std::filesystem::permissions(p.config.data_dir, std::filesystem::perms::owner_all, ec);
    if (ec) {
        co_return core::fail(
            Errc::invalid, fmt::format("data-dir {}: {}", p.config.data_dir.string(), ec.message())
        );
    }
    KCO_TRY(auto backend, sqlite::open_backend(p.config.database()));
    KCO_TRY(auto listener, p.listen());
    p.port = listener.port();
    p.store = std::make_unique<Store>(p.executor, std::move(backend), p.clock);
    KCO_CHECK(co_await p.store->open());
    KCO_CHECK(co_await ensure_admin_token(*p.store, p.clock, p.config));
    p.agents = std::make_unique<AgentRegistry>(*p.store, p.clock, p.config.offline_after);
    KCO_CHECK(co_await p.agents->reset());
    auto& views = p.controller.views();
    p.sources = std::make_unique<Sources>(*p.store, views, p.clock, p.config.data_dir / "git");
    p.reconcile = std::make_unique<ReconcileLoop>(*p.store, p.controller, p.clock);
    p.services =
        std::make_unique<Services>(Services{*p.store, p.clock, *p.agents, *p.sources, views});
    p.router = std::make_unique<Router>([&p](net::HttpRequest const& request) {
        return authenticate(p.store->state(), request, p.clock.now());
    });
    p.add_routes();
    net::HttpServerOptions options;
    options.max_body = kMaxBody;
    options.refusal = [](int status, std::string reason) {
        return json_reply(status, boost::json::object{{"error", std::move(reason)}});
    };
    p.server = std::make_unique<net::HttpServer>(
        p.executor,
        options,
        [&p](net::HttpRequest request, net::ConnectionInfo connection) {
            return p.router->route(std::move(request), std::move(connection));
        }
    );
    p.tasks.spawn("dispatch", p.agents->dispatch());
    p.tasks.spawn("reconcile", p.reconcile->run());
    p.tasks.spawn("sources", p.sources->run());
    p.tasks.spawn("prune", prune_journal(*p.store, p.clock, p.config.journal_retention));
    p.server->serve(std::move(listener));
    sys::log::info(
        "master",
        "serving",
        {{"address", fmt::format("{}:{}", p.config.listen_address, p.port)},
         {"tls", !p.config.tls_certificate.empty()},
         {"version", KONTENA_VERSION}}
    );
    co_return Result<void>{};
}

awaitable<void> App::stop() {
    auto& p = *parts_;
    if (p.server) co_await p.server->stop(kStopGrace);
    co_await p.tasks.stop();
    if (p.sources) co_await p.sources->stop();
    if (p.store) co_await p.store->close();
}

} // namespace kontena::master
