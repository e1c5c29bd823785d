#pragma once

#include "core/base/result.hpp"
#include "core/wire/messages.hpp"
#include "master/store/state.hpp"

#include <string>

namespace kontena::master {

/// Who an agent is by its token: a node that was made for it, or anyone who may join a grid.
struct AgentIdentity {
    core::NodeId node; ///< with a node token
    core::GridId grid; ///< with a grid token
};

/// Finds the owner of a token by its digest. Errc::unauthenticated when nobody has it.
core::Result<AgentIdentity>
identify(State const& state, std::string const& node_token, std::string const& grid_token);

/// Marks the agent's node as connected, and makes the node first when a grid token lets an engine
/// in that was not seen before. Returns the node. Refused with the reason when the engine or the
/// token belongs to another node.
core::Result<core::NodeId>
join(Txn& txn, AgentIdentity const& who, wire::Hello const& hello, core::TimePoint now);

/// Marks a node as gone.
enum class Leaving {
    lost,    ///< its connection ended
    unknown, ///< the master started: whether it is there shows when it comes
};

void leave(Txn& txn, core::NodeId const& node, core::TimePoint now, Leaving why);

/// The lowest number from 1 to 254 that no node of the grid has.
core::Result<int> free_node_number(State const& state, core::GridId const& grid);

} // namespace kontena::master
