#include "master/features/plan_progress.hpp"

#include "master/control/grid_views.hpp"
#include "reconciler/rollout.hpp"

#include <algorithm>

namespace kontena::master {
namespace {

using reconciler::Gate;

bool online(State const& state, core::NodeId const& node) {
    auto const found = state.find<model::Node>(node);
    return found && found->connected;
}

/// A removed service is gone when no node that can be asked has a container of it.
ServiceProgress removal(State const& state, model::Action const& action) {
    ServiceProgress out{
        .service = action.service, .kind = action.kind, .state = ProgressState::converged
    };
    if (state.find<model::Service>(action.service)) {
        out.state = ProgressState::superseded;
        return out;
    }
    state.all<model::Observation>().for_prefix(
        action.service.str() + "/",
        [&](auto const&, auto const& seen) {
            if (online(state, seen->node)) ++out.total;
        }
    );
    if (out.total == 0) return out;
    out.state = ProgressState::ongoing;
    out.reason = fmt::format("{} containers still to be removed", out.total);
    return out;
}

void add_instances(reconciler::ServiceView const& view, ServiceProgress& out) {
    for (auto const& instance : view.instances) {
        if (!instance.assignment) continue;
        ++out.total;
        auto const verdict = reconciler::judge(instance);
        bool const newest = instance.assignment->revision == view.service->current().number;
        if (verdict.gate == Gate::ready && newest) {
            ++out.ready;
            continue;
        }
        auto const* seen = instance.observed();
        out.instances.push_back(
            {.number = instance.number,
             .node = std::string(instance.assignment->node.leaf()),
             .state = seen != nullptr ? seen->state : model::InstanceState::pending,
             .error = seen != nullptr ? seen->error : "",
             .log_tail = seen != nullptr ? seen->log_tail : std::vector<std::string>{}}
        );
    }
}

/// The instance that made the deploy fail, as it was then.
void add_failure(
    model::Deploy const& deploy, reconciler::ServiceView const& view, ServiceProgress& out
) {
    auto const& failure = *deploy.failure;
    for (auto const& instance : view.instances) out.total += instance.assignment ? 1 : 0;
    out.ready = int(std::ranges::count(
        deploy.instances, model::DeployState::success, &model::InstanceDeploy::state
    ));
    if (failure.instance == 0) return;
    out.instances.push_back(
        {.number = failure.instance,
         .node = std::string(failure.node.leaf()),
         .state = model::InstanceState::failed,
         .error = failure.reason,
         .log_tail = failure.log_tail}
    );
}

ServiceProgress deployment(State const& state, model::Action const& action) {
    ServiceProgress out{.service = action.service, .kind = action.kind};
    auto const view = service_view(state, action.service);
    auto const deploy = state.find<model::Deploy>(action.deploy);
    if (view && deploy && deploy->failure && deploy->finished()) {
        out.state = ProgressState::failed;
        out.reason = deploy->reason;
        if (!deploy->rolled_back_by.empty())
            out.reason += "; its last good definition is deployed again";
        add_failure(*deploy, *view, out);
        return out;
    }
    if (!view || !deploy ||
        (view->deploy && view->deploy->id != deploy->id &&
         deploy->state != model::DeployState::success)) {
        out.state = ProgressState::superseded;
        return out;
    }
    if (view->deploy && view->deploy->id == deploy->id) add_instances(*view, out);
    out.reason = deploy->reason;
    switch (deploy->state) {
    case model::DeployState::created:
    case model::DeployState::ongoing:
        out.state = ProgressState::ongoing;
        break;
    case model::DeployState::success:
        out.state = ProgressState::converged;
        break;
    case model::DeployState::error:
        out.state = ProgressState::failed;
        break;
    }
    return out;
}

/// The state of the whole by the states of its parts: a failure counts at once, even while others
/// are still under way.
ProgressState overall(std::vector<ServiceProgress> const& services) {
    auto const has = [&](ProgressState wanted) {
        return std::ranges::any_of(services, [&](ServiceProgress const& s) {
            return s.state == wanted;
        });
    };
    if (has(ProgressState::failed)) return ProgressState::failed;
    if (has(ProgressState::ongoing)) return ProgressState::ongoing;
    return has(ProgressState::superseded) ? ProgressState::superseded : ProgressState::converged;
}

} // namespace

Progress progress_of(State const& state, model::Plan const& plan) {
    Progress out;
    for (auto const& action : plan.actions) {
        if (action.service.empty()) continue;
        bool const removes = action.kind == model::ActionKind::remove;
        out.services.push_back(removes ? removal(state, action) : deployment(state, action));
    }
    out.state = overall(out.services);
    return out;
}

} // namespace kontena::master
