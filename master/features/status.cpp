#include "master/features/status.hpp"

#include <algorithm>
#include <array>

namespace kontena::master {
namespace {

bool away(State const& state, core::NodeId const& id) {
    auto const node = state.find<model::Node>(id);
    return !node || !node->connected;
}

/// What one service says about its whole stack, the weightiest first.
constexpr std::array<std::string_view, 6> kTelling = {
    "aborting", "deploying", "paused", "failed", "aborted", "partially_running"
};

} // namespace

std::string_view deploy_status(model::Deploy const& deploy) {
    if (deploy.state == model::DeployState::success) return "deployed";
    if (deploy.state == model::DeployState::error) {
        if (!deploy.failure) return "superseded";
        return deploy.aborted_by.empty() ? "failed" : "aborted";
    }
    if (!deploy.aborted_by.empty()) return "aborting";
    return deploy.paused ? "paused" : "deploying";
}

std::string_view service_status(State const& state, reconciler::ServiceView const& view) {
    if (view.service->state == model::ServiceState::initialized) return "initialized";
    if (view.service->state == model::ServiceState::stopped) return "stopped";
    auto const& deploy = view.deploy;
    if (deploy && (!deploy->finished() || deploy->failure)) return deploy_status(*deploy);
    return running_instances(state, view) < wanted_instances(view) ? "partially_running"
                                                                   : "running";
}

std::string_view stack_status(std::vector<std::string_view> const& services) {
    if (services.empty()) return "initialized";
    for (auto const word : kTelling)
        if (std::ranges::find(services, word) != services.end()) return word;
    bool const agree =
        std::ranges::all_of(services, [&](auto word) { return word == services.front(); });
    return agree ? services.front() : "partially_running";
}

int running_instances(State const& state, reconciler::ServiceView const& view) {
    return int(std::ranges::count_if(view.instances, [&](reconciler::Instance const& instance) {
        auto const* seen = instance.observed();
        return seen != nullptr && seen->state == model::InstanceState::running &&
               !away(state, seen->node);
    }));
}

std::shared_ptr<model::Deploy const> taken_back(State const& state, model::Deploy const& deploy) {
    auto failed = state.find<model::Deploy>(deploy.rollback_of);
    if (!failed || failed->cause.source.empty()) return failed;
    auto const source = core::source_id(core::grid_of(deploy.service), failed->cause.source);
    auto const status = state.find<model::SourceStatus>(source);
    bool const newer =
        status && !status->quarantine && status->applied_commit != failed->cause.commit;
    return newer ? nullptr : failed;
}

int wanted_instances(reconciler::ServiceView const& view) {
    auto const placed = int(std::ranges::count_if(view.instances, [](auto const& instance) {
        return instance.assignment != nullptr;
    }));
    auto const& spec = view.service->spec();
    return spec.strategy == model::Strategy::daemon ? placed : spec.instances;
}

} // namespace kontena::master
