#pragma once

#include "agent/config.hpp"
#include "agent/docker/types.hpp"
#include "core/model/node.hpp"

#include <string>

namespace kontena::agent {

/// What the master learns about this host. `peer` is the master's address and port: the address
/// from which it is reached is the node's own, unless the configuration says otherwise.
model::NodeInfo
node_info(docker::SystemInfo const& engine, Config const& config, std::string const& peer);

} // namespace kontena::agent
