#include "agent/app.hpp"
#include "agent/docker/engine_client.hpp"
#include "core/async/timeout.hpp"
#include "tests/support/fake_docker.hpp"
#include "tests/support/fake_master.hpp"
#include "tests/support/test_loop.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <unistd.h>

namespace kontena::agent {
namespace {

using namespace kontena::tests;
using core::Millis;
using model::InstanceState;
using Strings = std::vector<std::string>;

/// One host: a fake engine, a fake master, the real agent between them, and its folder.
class Host {
public:
    explicit Host(asio::any_io_executor executor)
        : executor_(executor)
        , folder_(make_folder())
        , engine(executor, folder_ / "docker.sock")
        , master(executor) {
        engine.add_image("app:1");
        engine.add_image("app:2");
    }

    ~Host() {
        std::error_code ec;
        std::filesystem::remove_all(folder_, ec);
    }

    void start() {
        Config config{
            .data_dir = folder_ / "data",
            .docker = "unix://" + (folder_ / "docker.sock").string(),
            .private_ip = "10.0.0.1",
            .node_token = core::Secret<std::string>("token"),
        };
        config.url = *net::parse_url(master.url() + "/v1/agent");
        app_ = std::move(*App::make(executor_, std::move(config)));
        app_->start();
    }

    awaitable<void> stop_agent() {
        if (app_) co_await app_->stop();
        app_.reset();
    }

    awaitable<void> stop() {
        co_await stop_agent();
        co_await master.go_away();
        co_await engine.stop();
    }

    std::filesystem::path file() const { return folder_ / "data" / "assignments"; }

    std::filesystem::path const& folder() const { return folder_; }

private:
    static std::filesystem::path make_folder() {
        auto text = (std::filesystem::temp_directory_path() / "kontena-agent-XXXXXX").string();
        if (::mkdtemp(text.data()) == nullptr) throw std::runtime_error("no temporary folder");
        return text;
    }

    asio::any_io_executor executor_;
    std::filesystem::path folder_;
    std::unique_ptr<App> app_;

public:
    FakeDocker engine;
    FakeMaster master;
};

wire::PodSpec pod(int number, std::int64_t revision = 1, std::string image = "app:1") {
    model::ServiceSpec spec;
    spec.image = std::move(image);
    wire::PodSpec out{
        .service = core::ServiceId("g/shop/web"),
        .grid = "g",
        .stack = "shop",
        .name = "web",
        .number = number,
        .revision = revision,
    };
    out.id = core::instance_id(out.service, number);
    out.spec = std::make_shared<model::ServiceSpec const>(std::move(spec));
    return out;
}

wire::PodSpec stateful(wire::PodSpec pod) {
    auto spec = *pod.spec;
    spec.stateful = true;
    spec.volumes = {{.path = "/data"}};
    pod.spec = std::make_shared<model::ServiceSpec const>(std::move(spec));
    return pod;
}

awaitable<void> until(std::string what, std::function<bool()> met, Millis limit = Millis(8000)) {
    auto const end = std::chrono::steady_clock::now() + limit;
    while (!met()) {
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("never: " + what);
        co_await async::sleep_for(Millis(5));
    }
}

bool in_state(Host const& host, std::string const& id, InstanceState state, std::int64_t revision) {
    auto const* seen = host.master.seen(id);
    return seen != nullptr && seen->state == state && seen->revision == revision;
}

awaitable<void> until_runs(Host* host, std::string id, std::int64_t revision) {
    return until(id + " runs", [=] {
        return in_state(*host, id, InstanceState::running, revision);
    });
}

template <class Test>
void with_host(Test test, std::chrono::milliseconds limit = std::chrono::seconds(30)) {
    run(
        [](Test body) -> awaitable<void> {
            Host host(co_await asio::this_coro::executor);
            std::exception_ptr failure;
            try {
                co_await body(&host);
            } catch (...) {
                failure = std::current_exception();
            }
            co_await host.stop();
            if (failure) std::rethrow_exception(failure);
        }(std::move(test)),
        limit
    );
}

TEST(Agent, RunsWhatIsAssignedAndSaysSo) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1), pod(2)});
        co_await until_runs(host, "g/shop/web/1", 1);
        co_await until_runs(host, "g/shop/web/2", 1);
        EXPECT_EQ(host->engine.running(), (Strings{"shop.web-1", "shop.web-2"}));
        EXPECT_EQ(host->engine.count("POST /images/create"), 1) << "one pull for both";
        EXPECT_EQ(host->master.token(), "token");
        EXPECT_EQ(host->master.hellos().at(0).engine_id, "ENGINE");
        EXPECT_EQ(host->master.hellos().at(0).name, "host-1");
        co_await until("the node is described", [&] { return host->master.node().has_value(); });
        EXPECT_EQ(host->master.node()->private_ip, "10.0.0.1");
        auto const mode = std::filesystem::status(host->file()).permissions();
        EXPECT_EQ(mode, std::filesystem::perms(0600));
    });
}

TEST(Agent, WithdrawnInstancesGoAndNothingElse) {
    with_host([](Host* host) -> awaitable<void> {
        host->engine.run_foreign("shop.web-9");
        host->engine.run_foreign(
            "other.web-1",
            {{"io.kontena.container.type", "container"},
             {"io.kontena.container.name", "other.web-1"},
             {"io.kontena.container.service_revision", "1"},
             {"io.kontena.service.id", "h/other/web"},
             {"io.kontena.service.instance_number", "1"},
             {"io.kontena.grid.name", "h"}}
        );
        host->start();
        host->master.assign({pod(1), pod(2)});
        co_await until_runs(host, "g/shop/web/1", 1);
        co_await until_runs(host, "g/shop/web/2", 1);
        auto const kept = host->engine.find("shop.web-1")->id;
        host->master.change({}, {core::InstanceId("g/shop/web/2")});
        co_await until("it is gone", [&] { return host->engine.find("shop.web-2") == nullptr; });
        co_await until("and reported", [&] {
            return host->master.gone() == Strings{"g/shop/web/2"};
        });
        EXPECT_EQ(host->engine.find("shop.web-1")->id, kept);
        EXPECT_EQ(host->engine.running(), (Strings{"other.web-1", "shop.web-1", "shop.web-9"}));
    });
}

TEST(Agent, AStatefulContainerGoesOnlyWhenWithdrawnByName) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({stateful(pod(1)), stateful(pod(2))});
        co_await until_runs(host, "g/shop/web/1", 1);
        co_await until_runs(host, "g/shop/web/2", 1);
        host->master.assign({stateful(pod(1))});
        co_await until("2 is stopped", [&] { return !host->engine.find("shop.web-2")->running(); });
        co_await until("and let go", [&] {
            return host->master.gone() == Strings{"g/shop/web/2"};
        });
        EXPECT_NE(host->engine.find("shop.web-2"), nullptr) << "its container is kept";
        host->master.change({}, {core::InstanceId("g/shop/web/1")});
        co_await until("1 is removed", [&] { return host->engine.find("shop.web-1") == nullptr; });
        EXPECT_EQ(host->engine.volumes().size(), 2U) << "volumes are never removed";
    });
}

TEST(Agent, ReplacesOnlyWhenTheNewImageIsThere) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1)});
        co_await until_runs(host, "g/shop/web/1", 1);
        host->master.change({pod(1, 2, "missing:1")}, {});
        co_await until("the failure is told", [&] {
            auto const* seen = host->master.seen("g/shop/web/1");
            return seen->state == InstanceState::failed && seen->restarts >= 2;
        });
        auto const* seen = host->master.seen("g/shop/web/1");
        EXPECT_EQ(
            seen->error, "pulling missing:1: manifest for missing:1 not found: manifest unknown"
        );
        EXPECT_EQ(seen->revision, 1);
        EXPECT_EQ(seen->target, 2);
        EXPECT_EQ(host->engine.find("shop.web-1")->runs, 1) << "the old one runs on";
        host->master.change({pod(1, 3, "app:2")}, {});
        co_await until_runs(host, "g/shop/web/1", 3);
        EXPECT_EQ(host->engine.find("shop.web-1")->config.at("Image").as_string(), "app:2");
    });
}

TEST(Agent, ACrashedContainerIsStartedAgainAndItsLastWordsAreTold) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1)});
        co_await until_runs(host, "g/shop/web/1", 1);
        host->engine.crash("shop.web-1", 3, "no disk\nbye\n");
        co_await until("it runs again", [&] { return host->engine.find("shop.web-1")->runs == 2; });
        host->engine.crash("shop.web-1", 4, "again\n");
        co_await until("the back-off is told", [&] {
            return in_state(*host, "g/shop/web/1", InstanceState::restarting, 1) &&
                   host->master.seen("g/shop/web/1")->restarts == 2;
        });
        auto const* seen = host->master.seen("g/shop/web/1");
        EXPECT_EQ(seen->exit_code, 4);
        EXPECT_EQ(seen->error, "exited with code 4");
        EXPECT_EQ(seen->log_tail, Strings{"again"});
        co_await until("it runs a third time", [&] {
            return host->engine.find("shop.web-1")->runs == 3;
        });
    });
}

TEST(Agent, ARemovedContainerIsBackEvenWhenNoEventTells) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1)});
        co_await until_runs(host, "g/shop/web/1", 1);
        auto const first = host->engine.find("shop.web-1")->id;
        auto const back = [&](std::string const& than) {
            auto const* found = host->engine.find("shop.web-1");
            return found != nullptr && found->running() && found->id != than;
        };
        host->engine.remove_by_hand("shop.web-1");
        co_await until("it is back", [&] { return back(first); }, Millis(3000));
        auto const second = host->engine.find("shop.web-1")->id;
        co_await async::sleep_for(Millis(300)); // what happened so far is told
        host->engine.mute_events(true);
        host->engine.remove_by_hand("shop.web-1");
        co_await until("the list finds it", [&] { return back(second); }, Millis(12'000));
    });
}

TEST(Agent, TheNameOfAForeignContainerIsLeftToIt) {
    with_host([](Host* host) -> awaitable<void> {
        host->engine.run_foreign("shop.web-1");
        host->start();
        host->master.assign({pod(1)});
        co_await until("the conflict is told", [&] {
            return in_state(*host, "g/shop/web/1", InstanceState::failed, 0);
        });
        EXPECT_EQ(
            host->master.seen("g/shop/web/1")->error,
            "the name shop.web-1 is taken by a container that Kontena did not make"
        );
        EXPECT_TRUE(host->engine.find("shop.web-1")->running());
        host->engine.remove_by_hand("shop.web-1");
        co_await until_runs(host, "g/shop/web/1", 1);
    });
}

TEST(Agent, AnInstanceThatCannotStartIsMadeAnew) {
    with_host([](Host* host) -> awaitable<void> {
        host->engine.fail(
            "POST /containers/c1/start", {.status = 500, .message = "port is already allocated"}
        );
        host->start();
        host->master.assign({pod(1)});
        co_await until("the failure is told", [&] {
            return in_state(*host, "g/shop/web/1", InstanceState::failed, 1);
        });
        EXPECT_EQ(
            host->master.seen("g/shop/web/1")->error,
            "starting shop.web-1: port is already allocated"
        );
        co_await until_runs(host, "g/shop/web/1", 1);
        EXPECT_EQ(host->engine.find("shop.web-1")->id, "c2");
    });
}

TEST(Agent, ABrokenRegistryDoesNotStopWhatIsOnTheHost) {
    with_host([](Host* host) -> awaitable<void> {
        host->engine.add_image("app:1", true);
        host->engine.break_registry(true);
        host->start();
        host->master.assign({pod(1)});
        co_await until_runs(host, "g/shop/web/1", 1);
    });
}

TEST(Agent, ANewAgentAdoptsWhatRuns) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1)});
        co_await until_runs(host, "g/shop/web/1", 1);
        auto const id = host->engine.find("shop.web-1")->id;
        co_await host->stop_agent();
        EXPECT_TRUE(host->engine.find("shop.web-1")->running());
        auto const fulls = host->master.fulls();
        host->start();
        co_await until("it reports", [&] { return host->master.fulls() > fulls; });
        co_await until_runs(host, "g/shop/web/1", 1);
        EXPECT_EQ(host->engine.find("shop.web-1")->id, id);
        EXPECT_EQ(host->engine.find("shop.web-1")->runs, 1);
        EXPECT_EQ(host->engine.count("POST /containers/create"), 1);
    });
}

TEST(Agent, WorksOnWithoutTheMasterFromItsOwnDisk) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1), pod(2)});
        co_await until_runs(host, "g/shop/web/1", 1);
        co_await until_runs(host, "g/shop/web/2", 1);
        co_await host->stop_agent();
        co_await host->master.go_away();
        host->engine.remove_by_hand("shop.web-1");
        host->engine.crash("shop.web-2", 1);
        host->start();
        co_await until("both run", [&] { return host->engine.running().size() == 2; });
        host->master.serve();
        co_await until_runs(host, "g/shop/web/1", 1);
        co_await until_runs(host, "g/shop/web/2", 1);
    });
}

TEST(Agent, DamagedAssignmentsChangeNothingUntilTheMasterSpeaks) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1), pod(2)});
        co_await until_runs(host, "g/shop/web/1", 1);
        co_await until_runs(host, "g/shop/web/2", 1);
        co_await host->stop_agent();
        co_await host->master.go_away();
        std::ofstream(host->file()) << "kontena-assignments 1 deadbeef\n{}\n";
        auto const before = host->engine.requests().size();
        host->start();
        co_await async::sleep_for(Millis(500));
        EXPECT_EQ(host->engine.running().size(), 2U);
        for (auto i = before; i < host->engine.requests().size(); ++i)
            EXPECT_TRUE(host->engine.requests()[i].starts_with("GET"))
                << host->engine.requests()[i];
        EXPECT_TRUE(std::filesystem::exists(host->file().string() + ".damaged"));
        host->master.serve();
        co_await until_runs(host, "g/shop/web/1", 1);
        EXPECT_EQ(host->master.hellos().back().seen_index, 0U);
        EXPECT_EQ(host->engine.find("shop.web-1")->runs, 1);
    });
}

TEST(Agent, ADeltaAfterAnUnknownIndexLeadsToAFullSet) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1)});
        co_await until_runs(host, "g/shop/web/1", 1);
        wire::Assignments wrong{.index = 900, .base = 800, .node = core::NodeId("g/n1")};
        wrong.removed = {core::InstanceId("g/shop/web/1")};
        auto const before = host->master.connections();
        host->master.send(wrong);
        co_await until("it comes back", [&] { return host->master.connections() > before; });
        co_await until_runs(host, "g/shop/web/1", 1);
        EXPECT_EQ(host->master.hellos().back().seen_index, 0U);
        EXPECT_EQ(host->engine.find("shop.web-1")->runs, 1);
    });
}

TEST(Agent, AssignmentsForAnotherNodeAreRefused) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1)});
        co_await until_runs(host, "g/shop/web/1", 1);
        auto const before = host->master.connections();
        host->master.send(
            wire::Assignments{.index = 900, .full = true, .node = core::NodeId("g/n2")}
        );
        co_await until("it hangs up", [&] { return host->master.connections() > before; });
        EXPECT_TRUE(host->engine.find("shop.web-1")->running());
    });
}

TEST(Agent, AMasterThatRestartsIsFoundSoon) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1)});
        co_await until_runs(host, "g/shop/web/1", 1);
        co_await host->master.go_away();
        co_await async::sleep_for(Millis(1500));
        host->engine.crash("shop.web-1", 7);
        auto const before = host->master.connections();
        host->master.serve();
        co_await until(
            "it is back", [&] { return host->master.connections() > before; }, Millis(3000)
        );
        co_await until("and reports", [&] {
            auto const* seen = host->master.seen("g/shop/web/1");
            return seen != nullptr && seen->restarts == 1;
        });
    });
}

TEST(Agent, ARefusedAgentStaysAndItsContainersRun) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1)});
        co_await until_runs(host, "g/shop/web/1", 1);
        host->master.reject("the node was removed");
        co_await host->master.go_away();
        host->master.serve();
        auto const before = host->master.connections();
        co_await until("it asks", [&] { return host->master.connections() > before; });
        host->engine.crash("shop.web-1", 1);
        co_await until("it is started", [&] { return host->engine.find("shop.web-1")->runs == 2; });
        host->master.accept();
        auto const fulls = host->master.fulls();
        co_await until("it is let in", [&] { return host->master.fulls() > fulls; });
    });
}

TEST(Agent, GatesDecideWhenAnInstanceIsReadyAndWhenItIsRestarted) {
    with_host([](Host* host) -> awaitable<void> {
        int status = 503;
        auto const executor = co_await asio::this_coro::executor;
        auto listener = must(net::Listener::open_tcp(executor, "127.0.0.1", 0));
        auto const port = listener.port();
        net::HttpServer app(
            executor,
            {},
            [&](net::HttpRequest, net::ConnectionInfo) -> awaitable<net::HttpReply> {
                co_return net::HttpResponse{.status = status};
            }
        );
        app.serve(std::move(listener));
        auto checked = pod(1);
        auto spec = *checked.spec;
        spec.deploy_opts.wait_for_port = port;
        spec.health_check =
            model::HealthCheck{.port = port, .timeout = 1, .interval = 1, .initial_delay = 60};
        checked.spec = std::make_shared<model::ServiceSpec const>(std::move(spec));
        host->start();
        host->master.assign({checked});
        co_await until("it starts", [&] {
            return in_state(*host, "g/shop/web/1", InstanceState::starting, 1);
        });
        co_await async::sleep_for(Millis(1500));
        EXPECT_TRUE(in_state(*host, "g/shop/web/1", InstanceState::starting, 1));
        status = 302;
        co_await until_runs(host, "g/shop/web/1", 1);
        EXPECT_EQ(host->master.seen("g/shop/web/1")->health, model::Health::healthy);
        status = 500;
        co_await until("it is restarted", [&] {
            return host->engine.find("shop.web-1")->runs == 2;
        });
        co_await until("and that is told", [&] {
            auto const* seen = host->master.seen("g/shop/web/1");
            return seen->restarts == 1 && seen->error.starts_with("health check failed 3 times");
        });
        status = 200;
        co_await until_runs(host, "g/shop/web/1", 1);
        co_await app.stop(Millis(0));
    });
}

TEST(Agent, AnEngineThatRestartsIsWaitedFor) {
    with_host([](Host* host) -> awaitable<void> {
        host->start();
        host->master.assign({pod(1)});
        co_await until_runs(host, "g/shop/web/1", 1);
        co_await host->engine.go_away();
        host->master.change({pod(2)}, {});
        co_await async::sleep_for(Millis(300));
        host->engine.crash("shop.web-1", 137);
        host->engine.come_back();
        co_await until_runs(host, "g/shop/web/2", 1);
        co_await until("1 runs again", [&] { return host->engine.find("shop.web-1")->runs == 2; });
        EXPECT_EQ(host->master.seen("g/shop/web/2")->restarts, 0) << "not its own fault";
    });
}

} // namespace
} // namespace kontena::agent
