#pragma once

#include "master/store/state.hpp"
#include "reconciler/live_grid.hpp"

#include <map>
#include <optional>

namespace kontena::master {

/// What the reconciler sees of every grid. It follows the state from look to look by what differs
/// between two snapshots, in either direction, so that it rests on no event and a write that was
/// refused is just another difference.
class GridViews {
public:
    /// The grid as `state` has it, nullptr when there is none. Valid until the next call.
    reconciler::LiveGrid* at(State const& state, core::GridId const& grid);

    /// All grids as `state` has them.
    std::map<core::GridId, reconciler::LiveGrid>& follow(State const& state);

private:
    State seen_;
    std::map<core::GridId, reconciler::LiveGrid> grids_;
};

/// What the reconciler sees of one service; empty when it does not exist.
std::optional<reconciler::ServiceView>
service_view(State const& state, core::ServiceId const& service);

/// The instance number in an instance id.
int instance_number(core::InstanceId const& id);

} // namespace kontena::master
