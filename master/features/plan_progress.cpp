#include "master/features/plan_progress.hpp"

#include "master/control/grid_views.hpp"
#include "master/features/status.hpp"
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
        out.reason = "a later change created it again";
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
    out.reason =
        fmt::format("{} container{} still to be removed", out.total, out.total == 1 ? "" : "s");
    return out;
}

int placed(reconciler::ServiceView const& view) {
    return int(std::ranges::count_if(view.instances, [](auto const& instance) {
        return instance.assignment != nullptr;
    }));
}

void add_instances(State const& state, reconciler::ServiceView const& view, ServiceProgress& out) {
    out.total = std::max(wanted_instances(view), placed(view));
    out.running = running_instances(state, view);
    for (auto const& instance : view.instances) {
        if (!instance.assignment) continue;
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
    State const& state,
    model::Deploy const& deploy,
    reconciler::ServiceView const& view,
    ServiceProgress& out
) {
    auto const& failure = *deploy.failure;
    out.total = std::max(wanted_instances(view), placed(view));
    out.running = running_instances(state, view);
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

ServiceProgress
deployment(State const& state, model::Plan const& plan, model::Action const& action) {
    ServiceProgress out{.service = action.service, .kind = action.kind};
    auto const view = service_view(state, action.service);
    auto deploy = state.find<model::Deploy>(action.deploy);
    // A service that was removed and made anew counts its deploys anew.
    if (deploy && deploy->plan != plan.id) deploy = nullptr;
    if (!deploy && plan.outcome == model::PlanOutcome::converged) {
        out.state = ProgressState::converged;
        return out;
    }
    if (view && deploy && deploy->failure && deploy->finished()) {
        out.state = ProgressState::failed;
        out.reason = deploy->reason;
        if (!deploy->rolled_back_by.empty())
            out.reason += "; its last good definition is deployed again";
        add_failure(state, *deploy, *view, out);
        return out;
    }
    if (!view && plan.outcome == model::PlanOutcome::failed) {
        out.state = ProgressState::failed;
        out.reason = "taken back, it is no longer there";
        return out;
    }
    if (!view || !deploy ||
        (view->deploy && view->deploy->id != deploy->id &&
         deploy->state != model::DeployState::success)) {
        out.state = ProgressState::superseded;
        return out;
    }
    if (view->deploy && view->deploy->id == deploy->id) add_instances(state, *view, out);
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

ProgressState state_of(model::Plan const& plan, std::vector<ServiceProgress> const& services) {
    switch (plan.outcome) {
    case model::PlanOutcome::open:
        return overall(services);
    case model::PlanOutcome::converged: // removals may still be under way
        return std::ranges::any_of(
                   services, [](auto const& s) { return s.state == ProgressState::ongoing; }
               )
                   ? ProgressState::ongoing
                   : ProgressState::converged;
    case model::PlanOutcome::failed:
        return ProgressState::failed;
    case model::PlanOutcome::superseded:
        return ProgressState::superseded;
    }
    return ProgressState::ongoing;
}

Progress of_applied(State const& state, model::Plan const& plan) {
    Progress out{.by = plan.superseded_by};
    for (auto const& action : plan.actions) {
        if (action.service.empty()) continue;
        bool const removes = action.kind == model::ActionKind::remove;
        out.services.push_back(removes ? removal(state, action) : deployment(state, plan, action));
    }
    out.state = state_of(plan, out.services);
    return out;
}

/// What a saved plan wanted to do next to a service is done, in another way: its deploy has that
/// number, or it is gone.
bool overtaken(State const& state, model::Action const& action, core::PlanId& by) {
    if (action.service.empty()) return false;
    auto const service = state.find<model::Service>(action.service);
    if (action.kind == model::ActionKind::remove) return !service;
    auto const number = std::int64_t(std::stoll(std::string(action.deploy.leaf())));
    bool const made = service && service->deploys >= number;
    bool const gone = !service && action.kind != model::ActionKind::create;
    if (!made) return gone;
    if (auto const deploy = state.find<model::Deploy>(action.deploy)) by = deploy->plan;
    return true;
}

Progress of_saved(State const& state, model::Plan const& plan) {
    if (auto const other = carried_out_as(state, plan)) {
        auto out = of_applied(state, *other);
        if (out.by.empty()) out.by = other->id;
        return out;
    }
    Progress out{.state = ProgressState::saved};
    for (auto const& action : plan.actions) {
        if (!overtaken(state, action, out.by)) continue;
        out.state = ProgressState::superseded;
        break;
    }
    return out;
}

} // namespace

std::shared_ptr<model::Plan const> carried_out_as(State const& state, model::Plan const& saved) {
    std::shared_ptr<model::Plan const> out;
    if (saved.hash.empty()) return out; // of an earlier version: it says nothing
    state.all<model::Plan>().for_prefix(
        saved.grid.str() + "/",
        [&](auto const&, auto const& other) {
            bool const same = other->hash == saved.hash && other->id != saved.id;
            if (same && other->applied_at && *other->applied_at >= saved.created_at) out = other;
        }
    );
    return out;
}

Progress progress_of(State const& state, model::Plan const& plan) {
    if (plan.empty()) return {.state = ProgressState::converged};
    return plan.applied_at ? of_applied(state, plan) : of_saved(state, plan);
}

} // namespace kontena::master
