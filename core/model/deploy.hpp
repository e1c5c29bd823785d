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

/// The record of one service being brought to its newest spec. The rollout is recomputed from the
/// whole state at each step; this remembers only what cannot be: when it began, what it waits for
/// and how it ended.
struct Deploy {
    core::DeployId id;
    core::ServiceId service;
    std::int64_t revision = 0;
    DeployState state = DeployState::created;
    std::string reason; ///< why it failed, or what it waits for
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
