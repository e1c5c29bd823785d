#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/model/cause.hpp"
#include "core/model/plan.hpp"

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kontena::model {

enum class DeployState { created, ongoing, success, error };
BOOST_DESCRIBE_ENUM(DeployState, created, ongoing, success, error)

/// How far one instance of a deploy has come.
struct InstanceDeploy {
    int number = 0;
    core::NodeId node;
    DeployState state = DeployState::created;
    std::string error;
    core::TimePoint started_at;

    friend bool operator==(InstanceDeploy const&, InstanceDeploy const&) = default;
};
BOOST_DESCRIBE_STRUCT(InstanceDeploy, (), (number, node, state, error, started_at))

/// What made a deploy fail.
struct DeployFailure {
    int instance = 0; ///< its number; 0 = none in particular
    core::NodeId node;
    std::string gate;   ///< what it did not pass: `start`, `wait_for_port`, `health_check`, …
    std::string reason; ///< in words
    std::optional<int> exit_code;
    std::vector<std::string> log_tail; ///< the last lines of its container

    friend bool operator==(DeployFailure const&, DeployFailure const&) = default;
};
BOOST_DESCRIBE_STRUCT(DeployFailure, (), (instance, node, gate, reason, exit_code, log_tail))

/// The record of one service being brought to its newest spec. The rollout is recomputed from the
/// whole state at each step; this remembers only what cannot be: when it began, what it waits for
/// and how it ended.
struct Deploy {
    core::DeployId id;
    core::ServiceId service;
    std::int64_t revision = 0;
    DeployState state = DeployState::created;
    std::string reason; ///< why it failed, or what it waits for
    std::optional<DeployFailure> failure;
    bool paused = false;        ///< by hand: nothing more is started or replaced
    std::string aborted_by;     ///< who wants it to fail; empty = nobody
    core::DeployId rollback_of; ///< the failed deploy that this one takes back
    core::DeployId rolled_back_by;
    std::vector<InstanceDeploy> instances;
    std::vector<PlannedInstance> planned; ///< where the plan said that new instances go
    core::PlanId plan;
    Cause cause;
    core::TimePoint created_at;
    std::optional<core::TimePoint> started_at;
    std::optional<core::TimePoint> finished_at;

    bool finished() const { return state == DeployState::success || state == DeployState::error; }

    friend bool operator==(Deploy const&, Deploy const&) = default;
};
BOOST_DESCRIBE_STRUCT(
    Deploy,
    (),
    (id,
     service,
     revision,
     state,
     reason,
     failure,
     paused,
     aborted_by,
     rollback_of,
     rolled_back_by,
     instances,
     planned,
     plan,
     cause,
     created_at,
     started_at,
     finished_at)
)

inline core::DeployId deploy_id(core::ServiceId const& service, std::int64_t number) {
    return core::DeployId(fmt::format("{}/{}", service.str(), number));
}

} // namespace kontena::model
