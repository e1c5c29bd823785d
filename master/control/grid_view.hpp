#pragma once

#include "master/store/state.hpp"
#include "reconciler/view.hpp"

#include <optional>

namespace kontena::master {

/// What the reconciler sees of one grid. The grid must exist.
reconciler::GridView grid_view(State const& state, core::GridId const& grid);

/// The same for one service; empty when it does not exist.
std::optional<reconciler::ServiceView>
service_view(State const& state, core::ServiceId const& service);

/// The instance number in an instance id.
int instance_number(core::InstanceId const& id);

} // namespace kontena::master
