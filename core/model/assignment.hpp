#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/model/cause.hpp"

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kontena::model {

enum class DesiredState { running, stopped };
BOOST_DESCRIBE_ENUM(DesiredState, running, stopped)

/// One filter that refused nodes, in words: "label zone=b: 2 of 3 nodes refused (n1, n3)".
struct Refusal {
    std::string filter;
    int refused = 0;
    std::vector<std::string> nodes; ///< the first few names
    std::string reason;

    friend bool operator==(Refusal const&, Refusal const&) = default;
};
BOOST_DESCRIBE_STRUCT(Refusal, (), (filter, refused, nodes, reason))

/// Why an instance is where it is.
struct Explanation {
    int considered = 0;
    std::vector<Refusal> refusals;
    std::string winner; ///< "fewest instances in zone a (0), then on the node (0)"

    friend bool operator==(Explanation const&, Explanation const&) = default;
};
BOOST_DESCRIBE_STRUCT(Explanation, (), (considered, refusals, winner))

/// "Node N must run instance I of service S with this revision of its spec."
struct Assignment {
    core::InstanceId id;
    int number = 0;
    core::NodeId node;
    std::int64_t revision = 0;
    DesiredState desired_state = DesiredState::running;
    core::DeployId deploy;
    Explanation explanation;
    Cause cause;
    core::TimePoint created_at;
    core::TimePoint updated_at;
};
BOOST_DESCRIBE_STRUCT(
    Assignment,
    (),
    (id, number, node, revision, desired_state, deploy, explanation, cause, created_at, updated_at)
)

/// Where an instance stands, as its agent sees it.
enum class InstanceState {
    pending,    ///< known to the agent, nothing done yet
    pulling,    ///< the image is being fetched
    creating,   ///< the container is being made
    starting,   ///< the container runs, its gates (port, health) are not passed yet
    running,    ///< the container runs and is ready
    restarting, ///< it exited; waiting to be started again
    stopping,
    stopped,
    failed, ///< it cannot be made; retried with back-off
};
BOOST_DESCRIBE_ENUM(
    InstanceState,
    pending,
    pulling,
    creating,
    starting,
    running,
    restarting,
    stopping,
    stopped,
    failed
)

enum class Health { unknown, healthy, unhealthy };
BOOST_DESCRIBE_ENUM(Health, unknown, healthy, unhealthy)

/// What an agent reports about one assignment. `revision` is that of the container that exists,
/// 0 when there is none; `target` that of the assignment which the rest is about.
struct Observation {
    core::InstanceId id;
    core::NodeId node;
    InstanceState state = InstanceState::pending;
    std::int64_t revision = 0;
    std::int64_t target = 0;
    std::string container_id;
    Health health = Health::unknown;
    std::optional<int> exit_code;      ///< of the last exit
    std::string error;                 ///< what failed and why; empty when all is well
    std::vector<std::string> log_tail; ///< up to 20 last lines of a container that failed
    int restarts = 0;                  ///< exits and failed attempts in a row, since `target` came
    core::TimePoint since;             ///< when this state began, by the node's clock

    friend bool operator==(Observation const&, Observation const&) = default;
};
BOOST_DESCRIBE_STRUCT(
    Observation,
    (),
    (id,
     node,
     state,
     revision,
     target,
     container_id,
     health,
     exit_code,
     error,
     log_tail,
     restarts,
     since)
)

} // namespace kontena::model
