#pragma once

#include "core/async/clock.hpp"
#include "core/async/notifier.hpp"
#include "core/net/websocket.hpp"
#include "core/wire/messages.hpp"
#include "master/store/store.hpp"

#include <memory>
#include <set>
#include <string>

namespace kontena::master {

/// One connection of one agent, after it was accepted. What the agent must learn is kept as a set
/// of touched instances, so a slow agent costs no memory and gets only the newest state.
class AgentSession {
public:
    AgentSession(
        Store& store, async::Clock const& clock, core::NodeId node, net::WebSocketPtr socket
    );

    core::NodeId const& node() const { return node_; }

    /// Serves the connection until it ends; says why.
    awaitable<std::string> run();

    /// Something changed for this instance.
    void touch(core::InstanceId const& instance);
    /// Everything may have changed.
    void touch_all();
    /// Ends the connection.
    void end(std::string reason);

private:
    awaitable<void> read_loop();
    awaitable<void> write_loop();
    awaitable<core::Result<void>> handle(wire::Message message);
    awaitable<core::Result<void>> on(wire::Observations const& report);
    awaitable<core::Result<void>> on(wire::NodeReport const& report);
    awaitable<core::Result<void>> send(wire::Message message);
    awaitable<core::Result<void>> send_news();

    Store& store_;
    async::Clock const& clock_;
    core::NodeId node_;
    net::WebSocketPtr socket_;
    std::set<core::InstanceId> touched_;
    bool send_all_ = true;
    Index sent_index_ = 0;
    std::uint64_t acknowledge_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::string ended_;
    async::Notifier news_;
};

} // namespace kontena::master
