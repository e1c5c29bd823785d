#pragma once

#include "agent/assignments/store.hpp"
#include "agent/config.hpp"
#include "agent/docker/client.hpp"
#include "agent/link/link.hpp"
#include "agent/link/reports.hpp"
#include "agent/pods/pods.hpp"
#include "core/async/clock.hpp"
#include "core/async/task_group.hpp"

#include <memory>

namespace kontena::agent {

/// The whole agent; the only place that puts its parts together.
class App {
public:
    static core::Result<std::unique_ptr<App>> make(asio::any_io_executor executor, Config config);

    App(asio::any_io_executor executor, Config config, std::unique_ptr<docker::Client> docker);

    /// Takes up the assignments on disk, then looks for the master.
    void start();

    /// Ends everything but the containers.
    awaitable<void> stop();

private:
    AssignmentSetPtr load();

    Config config_;
    std::unique_ptr<docker::Client> docker_;
    async::SystemClock clock_;
    AssignmentStore store_;
    Reports reports_;
    Pods pods_;
    std::unique_ptr<Link> link_;
    async::TaskGroup tasks_;
};

} // namespace kontena::agent
