#include "agent/app.hpp"

#include "agent/docker/engine_client.hpp"
#include "core/sys/log.hpp"

namespace kontena::agent {

namespace log = sys::log;

core::Result<std::unique_ptr<App>> App::make(asio::any_io_executor executor, Config config) {
    KTRY(auto docker, docker::EngineClient::open(config.docker));
    return std::make_unique<App>(std::move(executor), std::move(config), std::move(docker));
}

App::App(asio::any_io_executor executor, Config config, std::unique_ptr<docker::Client> docker)
    : config_(std::move(config))
    , docker_(std::move(docker))
    , store_(config_.data_dir)
    , reports_(executor)
    , pods_(executor, *docker_, clock_, reports_)
    , tasks_(executor, log::reporter("agent")) {}

/// Damaged assignments are no assignments, which is not the same as "nothing is assigned": all
/// containers stay as they are until the master has spoken.
AssignmentSetPtr App::load() {
    auto set = store_.load();
    if (set) return *set;
    log::error(
        "agent",
        "cannot use the stored assignments; changing nothing until the master sends them again",
        {{"reason", core::to_string(set.error())}}
    );
    return nullptr;
}

void App::start() {
    auto const held = load();
    if (held) {
        log::info(
            "agent",
            "going on with the stored assignments",
            {{"node", held->node}, {"index", held->index}, {"instances", held->pods.size()}}
        );
        pods_.assign(held);
    }
    pods_.start();
    link_ = std::make_unique<Link>(config_, *docker_, clock_, store_, pods_, reports_, held);
    tasks_.spawn("link", link_->run());
}

awaitable<void> App::stop() {
    co_await tasks_.stop();
    co_await pods_.stop();
    store_.stop();
}

} // namespace kontena::agent
