#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kontena::model {

enum class Availability {
    active,
    drain, ///< takes no new instances; stateless ones leave
};
BOOST_DESCRIBE_ENUM(Availability, active, drain)

/// What an agent says about its host and engine. Memory in bytes.
struct NodeInfo {
    std::string os;
    std::string kernel_version;
    std::string driver;
    std::string engine_root_dir;
    std::string docker_version;
    std::string agent_version;
    std::string private_ip;
    std::string public_ip;
    std::uint64_t mem_total = 0;
    int cpus = 0;
    std::vector<std::string> volume_drivers;

    friend bool operator==(NodeInfo const&, NodeInfo const&) = default;
};
BOOST_DESCRIBE_STRUCT(
    NodeInfo,
    (),
    (os,
     kernel_version,
     driver,
     engine_root_dir,
     docker_version,
     agent_version,
     private_ip,
     public_ip,
     mem_total,
     cpus,
     volume_drivers)
)

/// A host with an agent. Numbered 1..254 in its grid; the number never changes.
struct Node {
    core::NodeId id;
    int number = 0;
    std::string engine_id;  ///< of the Docker Engine; empty until the first connect
    std::string token_hash; ///< SHA-256 of the node token; empty when it joined with the grid token
    std::vector<std::string> labels;
    Availability availability = Availability::active;
    bool connected = false;
    std::optional<core::TimePoint> connected_at;
    std::optional<core::TimePoint>
        disconnected_at;                 ///< when it was last heard of, while not connected
    std::vector<core::TimePoint> losses; ///< the last times when its connection was lost, in order
    NodeInfo info;
    core::TimePoint created_at;
    core::TimePoint updated_at;
};
BOOST_DESCRIBE_STRUCT(
    Node,
    (),
    (id,
     number,
     engine_id,
     token_hash,
     labels,
     availability,
     connected,
     connected_at,
     disconnected_at,
     losses,
     info,
     created_at,
     updated_at)
)

/// Remembers that the connection was lost.
void note_loss(Node& node, core::TimePoint now);

/// Lost three times within the last ten minutes.
bool unsteady(Node const& node, core::TimePoint now);

/// Value of label `key` ("az" of "az=a"), or `fallback` when the node has none.
std::string label_value(Node const& node, std::string_view key, std::string_view fallback);

} // namespace kontena::model
