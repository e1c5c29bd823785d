#include "agent/docker/engine_client.hpp"
#include "core/async/timeout.hpp"
#include "tests/support/fake_docker.hpp"
#include "tests/support/test_loop.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <unistd.h>

namespace kontena::agent::docker {
namespace {

using namespace kontena::tests;
using core::Errc;

std::string socket_path() {
    static int number = 0;
    auto const name = fmt::format("kontena-engine-{}-{}.sock", ::getpid(), number++);
    return (std::filesystem::temp_directory_path() / name).string();
}

struct Engine {
    explicit Engine(asio::any_io_executor executor)
        : path(socket_path())
        , fake(executor, path)
        , client(net::unix_connector(path)) {}

    std::string path;
    FakeDocker fake;
    EngineClient client;
};

ContainerConfig config_of(std::string image) {
    ContainerConfig out;
    out.Image = std::move(image);
    out.Labels = {{"io.kontena.container.type", "container"}};
    return out;
}

TEST(EngineClient, CreatesStartsStopsAndRemoves) {
    run([]() -> awaitable<void> {
        Engine engine(co_await asio::this_coro::executor);
        engine.fake.add_image("app:1", true);
        auto const id = must(co_await engine.client.create("a.b-1", config_of("app:1")));
        must(co_await engine.client.start(id));
        must(co_await engine.client.start("a.b-1")); // started already
        auto const details = must(co_await engine.client.inspect("a.b-1"));
        EXPECT_EQ(details.Id, id);
        EXPECT_TRUE(details.State.Running);
        EXPECT_EQ(details.NetworkSettings.Networks.at("bridge").IPAddress, "127.0.0.1");
        auto const all = must(co_await engine.client.list("io.kontena.container.type=container"));
        EXPECT_EQ(all.size(), 1U);
        EXPECT_EQ(all.at(0).name(), "a.b-1");
        must(co_await engine.client.stop(id, core::Seconds(1)));
        must(co_await engine.client.remove(id, true));
        auto const gone = co_await engine.client.inspect(id);
        EXPECT_EQ(gone.error().code, Errc::not_found);
        co_await engine.fake.stop();
    }());
}

TEST(EngineClient, SaysWhatTheEngineSays) {
    run([]() -> awaitable<void> {
        Engine engine(co_await asio::this_coro::executor);
        auto const missing = co_await engine.client.create("x", config_of("none:1"));
        EXPECT_EQ(missing.error().code, Errc::not_found);
        EXPECT_EQ(missing.error().message, "No such image: none:1");
        auto const refused = co_await engine.client.pull("none:1", {}, {});
        EXPECT_EQ(refused.error().message, "manifest for none:1 not found: manifest unknown");
        co_await engine.fake.go_away();
        auto const silent = co_await engine.client.info();
        EXPECT_EQ(silent.error().code, Errc::unavailable);
    }());
}

TEST(EngineClient, PullsWithProgressThatComesInPieces) {
    run([]() -> awaitable<void> {
        Engine engine(co_await asio::this_coro::executor);
        engine.fake.add_image("app:latest");
        std::vector<std::string> steps;
        auto const note = [&](PullProgress const& step) { steps.push_back(step.status); };
        must(co_await engine.client.pull("app", {}, note));
        EXPECT_EQ(steps, (std::vector<std::string>{"Pulling from lab", "Downloaded"}));
        EXPECT_EQ(must(co_await engine.client.inspect_image("app:latest")).Id, "sha256:app:latest");
        co_await engine.fake.stop();
    }());
}

TEST(EngineClient, ReadsTheEndOfALogAndEvents) {
    run([]() -> awaitable<void> {
        Engine engine(co_await asio::this_coro::executor);
        engine.fake.run_foreign("c", {{"a", "b"}});
        auto const events = must(co_await engine.client.events("a=b", ""));
        auto const none = co_await events->next(core::Millis(20));
        EXPECT_EQ(none.error().code, Errc::timeout);
        engine.fake.crash("c", 3, "one\ntwo\nthree\n");
        auto const event = must(co_await events->next(core::Millis(5000)));
        EXPECT_EQ(event.Action, "die");
        EXPECT_EQ(event.Actor.Attributes.at("name"), "c");
        EXPECT_GT(event.timeNano, 0);
        auto const lines = must(co_await engine.client.log_tail("c", 2));
        EXPECT_EQ(lines, (std::vector<std::string>{"two", "three"}));
        co_await engine.fake.stop();
    }());
}

awaitable<void> talk(bool terminal, Channel expected) {
    Engine engine(co_await asio::this_coro::executor);
    engine.fake.run_foreign("c");
    ExecConfig config{.AttachStdin = true, .Tty = terminal, .Cmd = {"cat"}};
    auto const id = must(co_await engine.client.exec_create("c", std::move(config)));
    auto const stream = must(co_await engine.client.exec_start(id, terminal));
    must(co_await engine.client.exec_resize(id, 80, 24));
    std::string const bytes("\xff\0ok", 4);
    must(co_await stream->write(bytes, core::Millis(5000)));
    auto const answer = must(co_await stream->read(core::Millis(5000)));
    EXPECT_EQ(answer, (Output{expected, bytes}));
    must(co_await stream->write("bye", core::Millis(5000)));
    EXPECT_EQ(must(co_await stream->read(core::Millis(5000))), std::nullopt);
    auto const details = must(co_await engine.client.exec_inspect(id));
    EXPECT_EQ(details.ExitCode, 5);
    co_await engine.fake.stop();
}

TEST(EngineClient, CarriesTheBytesOfAnExecUnchanged) {
    run(talk(false, Channel::err));
    run(talk(true, Channel::out));
}

} // namespace
} // namespace kontena::agent::docker
