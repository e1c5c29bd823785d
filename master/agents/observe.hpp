#pragma once

#include "core/wire/messages.hpp"
#include "master/store/state.hpp"

namespace kontena::master {

/// Writes what the agent of `node` reports. A node may only speak about what is on it: reports
/// about instances that are assigned elsewhere are left out, whatever they say.
void record(Txn& txn, core::NodeId const& node, wire::Observations const& report);

/// Writes what an agent says about its host.
void record(Txn& txn, core::NodeId const& node, model::NodeInfo const& info, core::TimePoint now);

} // namespace kontena::master
