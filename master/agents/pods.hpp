#pragma once

#include "core/wire/messages.hpp"
#include "master/store/state.hpp"

#include <optional>
#include <set>

namespace kontena::master {

/// What the agent is told about one instance; empty when the instance is not assigned to `node`,
/// or its service or spec is gone.
std::optional<wire::PodSpec>
pod_for(State const& state, core::NodeId const& node, core::InstanceId const& instance);

/// Everything that `node` must run.
wire::Assignments full_set(State const& state, core::NodeId const& node);

/// What changed for `node` since `base`, given the instances that were touched.
wire::Assignments delta(
    State const& state,
    core::NodeId const& node,
    Index base,
    std::set<core::InstanceId> const& touched
);

} // namespace kontena::master
