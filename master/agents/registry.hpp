#pragma once

#include "core/async/clock.hpp"
#include "core/async/task_group.hpp"
#include "core/net/http_server.hpp"
#include "master/agents/join.hpp"
#include "master/store/store.hpp"

#include <map>
#include <memory>

namespace kontena::master {

class AgentSession;

/// The agents that are connected, and the one task that tells each of them what changed for it.
/// On the reactor's thread.
class AgentRegistry {
public:
    /// An agent that is silent for `offline_after` is offline.
    AgentRegistry(Store& store, async::Clock const& clock, core::Millis offline_after);

    /// Marks every node as offline: called once, before agents are let in.
    awaitable<core::Result<void>> reset();

    /// Routes changes of assignments to sessions. Runs until cancelled.
    awaitable<void> dispatch();

    /// Answers the upgrade request of an agent; refused before the upgrade without a valid token.
    net::HttpReply accept(net::HttpRequest const& request);

    /// Ends the node's session, if it has one: its token or the node itself is gone.
    void disconnect(core::NodeId const& node, std::string const& reason);

    std::size_t connected() const { return sessions_.size(); }

private:
    awaitable<void> serve(AgentIdentity who, net::WebSocketPtr socket);
    void route(WatchBatch const& batch);

    Store& store_;
    async::Clock const& clock_;
    core::Millis offline_after_;
    std::map<core::NodeId, std::shared_ptr<AgentSession>> sessions_;
    std::uint64_t joins_ = 0;
    std::map<core::NodeId, std::uint64_t> newest_join_; ///< only its end makes a node offline
};

} // namespace kontena::master
