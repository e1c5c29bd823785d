#pragma once

#include "master/store/state.hpp"
#include "reconciler/view.hpp"

#include <string_view>
#include <vector>

/// The words for how things stand: the same in every list and detail.
namespace kontena::master {

/// `deploying`, `paused`, `aborting`, `deployed`, `failed`, `aborted` or `superseded`.
std::string_view deploy_status(model::Deploy const& deploy);

/// `initialized`, `stopped`, how its newest deploy stands unless that is done, or by its instances
/// `running` or `partially_running`.
std::string_view service_status(State const& state, reconciler::ServiceView const& service);

/// That of its services when all agree or one of them is busy or in trouble, else
/// `partially_running`; `initialized` without services.
std::string_view stack_status(std::vector<std::string_view> const& services);

/// Instances that run on a node that can be asked: what is on one that is away is not known to run.
int running_instances(State const& state, reconciler::ServiceView const& service);

/// Instances that there should be. With strategy daemon that depends on the nodes: those that have
/// a place.
int wanted_instances(reconciler::ServiceView const& service);

/// The failed deploy that this one takes back, as long as that is why its definition is wanted: a
/// source that has applied a newer commit since wants it for itself.
std::shared_ptr<model::Deploy const> taken_back(State const& state, model::Deploy const& deploy);

} // namespace kontena::master
