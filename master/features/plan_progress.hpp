#pragma once

#include "core/model/plan.hpp"
#include "master/store/state.hpp"

#include <boost/describe.hpp>

#include <string>
#include <vector>

namespace kontena::master {

enum class ProgressState {
    saved, ///< it waits to be carried out
    ongoing,
    converged,  ///< everything that the plan wanted is so
    failed,     ///< a deploy of it failed
    superseded, ///< a newer change took over before it was done
};
BOOST_DESCRIBE_ENUM(ProgressState, saved, ongoing, converged, failed, superseded)

struct InstanceProgress {
    int number = 0;
    std::string node;
    model::InstanceState state = model::InstanceState::pending;
    std::string error;
    std::vector<std::string> log_tail;
};
BOOST_DESCRIBE_STRUCT(InstanceProgress, (), (number, node, state, error, log_tail))

struct ServiceProgress {
    core::ServiceId service;
    model::ActionKind kind = model::ActionKind::create;
    ProgressState state = ProgressState::ongoing;
    std::string reason;
    int running = 0; ///< instances that serve, whatever their revision
    int ready = 0;   ///< those of them that are as the plan wants them
    int total = 0;
    std::vector<InstanceProgress> instances; ///< those that are not ready
};
BOOST_DESCRIBE_STRUCT(
    ServiceProgress, (), (service, kind, state, reason, running, ready, total, instances)
)

struct Progress {
    ProgressState state = ProgressState::ongoing;
    core::PlanId by; ///< superseded: by which plan; else the one of the same content that did it
    std::vector<ServiceProgress> services;
};
BOOST_DESCRIBE_STRUCT(Progress, (), (state, by, services))

/// How far a kept plan has come, or what became of it.
Progress progress_of(State const& state, model::Plan const& plan);

/// The applied plan of the same content that did what a saved one wanted, if there is one.
std::shared_ptr<model::Plan const> carried_out_as(State const& state, model::Plan const& saved);

} // namespace kontena::master
