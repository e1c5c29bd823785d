#pragma once

#include "core/base/ids.hpp"
#include "core/base/result.hpp"
#include "core/model/assignment.hpp"
#include "core/model/node.hpp"
#include "core/model/service_spec.hpp"

#include <boost/describe.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

/// The agent channel: one WebSocket, dialled by the agent at `/v1/agent` with its token in the
/// `Kontena-Node-Token` or `Kontena-Grid-Token` header. A text frame is one message below, as
/// JSON with a member `type`; a binary frame is stream data: a 4-byte big-endian channel id, then
/// raw bytes. Fields are only ever added, with defaults; names are never reused.
namespace kontena::wire {

inline constexpr int kProtocol = 1;       ///< what this build speaks
inline constexpr int kOldestProtocol = 1; ///< the oldest that it still understands

/// Agent -> master, first: who I am. The master answers Welcome or Rejected.
struct Hello {
    int protocol = kProtocol;
    int oldest_protocol = kOldestProtocol;
    std::string engine_id;
    std::string name;
    std::vector<std::string> labels;
    std::string agent_version;
    std::uint64_t seen_index = 0; ///< of the assignments that the agent holds
};
BOOST_DESCRIBE_STRUCT(
    Hello, (), (protocol, oldest_protocol, engine_id, name, labels, agent_version, seen_index)
)

/// Master -> agent: accepted. `epoch` rises with each session of the node; the newest one wins.
struct Welcome {
    int protocol = kProtocol;
    std::string master_version;
    core::NodeId node;
    int node_number = 0;
    std::uint64_t epoch = 0;
};
BOOST_DESCRIBE_STRUCT(Welcome, (), (protocol, master_version, node, node_number, epoch))

/// Master -> agent: not accepted; the connection closes. Workloads keep running; the agent asks
/// again after `retry_after` seconds.
struct Rejected {
    std::string reason;
    int retry_after = 30;
};
BOOST_DESCRIBE_STRUCT(Rejected, (), (reason, retry_after))

/// One instance for this node, complete: the agent needs nothing else to run it.
struct PodSpec {
    core::InstanceId id;
    core::ServiceId service;
    std::string grid;
    std::string stack;
    std::string name; ///< of the service, without the stack
    int number = 0;
    std::int64_t revision = 0;
    model::DesiredState desired_state = model::DesiredState::running;
    std::shared_ptr<model::ServiceSpec const> spec;
};
BOOST_DESCRIBE_STRUCT(
    PodSpec, (), (id, service, grid, stack, name, number, revision, desired_state, spec)
)

/// Master -> agent: the node's instances. `full` = this is all of them, and what is not in it
/// does not belong here any more; otherwise a delta after `base`. An agent that does not hold
/// `base` asks for a full set by reconnecting.
struct Assignments {
    std::uint64_t index = 0;
    std::uint64_t base = 0;
    bool full = false;
    core::NodeId node;
    std::vector<PodSpec> pods;
    std::vector<core::InstanceId> removed;
};
BOOST_DESCRIBE_STRUCT(Assignments, (), (index, base, full, node, pods, removed))

/// Agent -> master: what is. Batched; of several changes to one instance only the last is sent.
/// After each connect a `full` one follows: instances that are not in it do not exist.
struct Observations {
    std::uint64_t seq = 0;
    bool full = false;
    std::vector<model::Observation> items;
    std::vector<core::InstanceId> removed; ///< instances whose container is gone for good
};
BOOST_DESCRIBE_STRUCT(Observations, (), (seq, full, items, removed))

/// Master -> agent: Observations up to `seq` are stored.
struct Ack {
    std::uint64_t seq = 0;
};
BOOST_DESCRIBE_STRUCT(Ack, (), (seq))

/// Agent -> master: the host and its engine, after each connect and when it changes.
struct NodeReport {
    model::NodeInfo info;
};
BOOST_DESCRIBE_STRUCT(NodeReport, (), (info))

/// Either direction: still here. Sent each 3 s; silence for longer means offline.
struct Heartbeat {
    core::TimePoint at;
};
BOOST_DESCRIBE_STRUCT(Heartbeat, (), (at))

using Message =
    std::variant<Hello, Welcome, Rejected, Assignments, Observations, Ack, NodeReport, Heartbeat>;

/// The text frame of a message.
std::string encode(Message const& message);
/// A frame that is no message, or of a type that this build does not know, is an error.
core::Result<Message> decode(std::string_view frame);

} // namespace kontena::wire
