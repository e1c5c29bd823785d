#pragma once

#include "agent/assignments/store.hpp"
#include "agent/config.hpp"
#include "agent/docker/client.hpp"
#include "agent/link/reconnect.hpp"
#include "agent/link/reports.hpp"
#include "agent/link/session.hpp"
#include "agent/pods/pods.hpp"
#include "core/async/clock.hpp"
#include "core/net/websocket.hpp"

#include <optional>
#include <random>
#include <string>

namespace kontena::agent {

/// Keeps a session with the master, takes assignments from it, and reports to it.
class Link {
public:
    /// All outlive it. `held` is what the disk had.
    Link(
        Config config,
        docker::Client& docker,
        async::Clock const& clock,
        AssignmentStore& store,
        Pods& pods,
        Reports& reports,
        AssignmentSetPtr held
    );

    /// Dials for ever. Ends by cancellation.
    awaitable<void> run();

private:
    /// How a connection ended.
    struct Ending {
        std::string reason;
        std::optional<core::Seconds> retry_after; ///< the master does not want us
        bool out_of_step = false;                 ///< ask for the full set
    };

    struct Connection;

    awaitable<docker::SystemInfo> know_engine();
    awaitable<Ending> connect();
    awaitable<void> read(Connection* connection);
    awaitable<void> write(Connection* connection);
    awaitable<void> report(Connection* connection);
    awaitable<core::Result<void>> on_frame(Connection* connection, std::string frame);
    awaitable<core::Result<void>> take(Connection* connection, wire::Assignments message);
    core::Millis pause(Ending const& ending);
    wire::Hello hello(docker::SystemInfo const& engine) const;

    Config config_;
    docker::Client& docker_;
    async::Clock const& clock_;
    AssignmentStore& store_;
    Pods& pods_;
    Reports& reports_;
    AssignmentSetPtr held_;
    bool want_full_ = false;
    std::optional<docker::SystemInfo> engine_; ///< as last seen
    Reconnect reconnect_;
    std::minstd_rand random_;
    std::string last_complaint_;
};

} // namespace kontena::agent
