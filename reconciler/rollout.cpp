#include "reconciler/rollout.hpp"

#include "reconciler/failure.hpp"
#include "reconciler/scheduler/place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace kontena::reconciler {
namespace {

using model::Assignment;
using model::DeployState;
using model::DesiredState;
using model::OnFailure;
using model::PlacementKind;

std::string name_of(core::ServiceId const& service) {
    return fmt::format("{}/{}", core::stack_of(service).leaf(), service.leaf());
}

std::string instance_name(core::ServiceId const& service, int number) {
    return fmt::format("{}-{}", name_of(service), number);
}

/// One pass over one service. The members are filled in by the steps of run(), in that order.
class Pass {
public:
    Pass(
        Cluster& cluster,
        model::Grid const& grid,
        ServiceView const& view,
        Lookup const& lookup,
        core::TimePoint now
    )
        : cluster_(cluster)
        , grid_(grid)
        , view_(view)
        , lookup_(lookup)
        , service_(*view.service)
        , spec_(service_.spec())
        , now_(now) {}

    Step run() {
        if (service_.state == model::ServiceState::stopped) return stop_all();
        if (service_.state == model::ServiceState::initialized) return {};
        start_deploy();
        if (unfinished() && !deploy_->aborted_by.empty()) {
            auto reason = fmt::format("aborted by {}", deploy_->aborted_by);
            fail({.gate = "abort", .reason = reason}, reason);
            return finish();
        }
        if (unfinished() && !dependencies_done()) return finish();
        placement_ = place(cluster_, grid_, view_, now_, spares());
        total_ = int(placement_.targets.size()) - placement_.spares;
        wake(placement_.wake_at);
        withdraw_surplus();
        count_available();
        if (deploying()) judge_deploy();
        // What was placed for the deploy is placed anew without it.
        if (view_.deploy && !view_.deploy->finished() && !unfinished()) return finish();
        for (auto const& target : placement_.targets) settle(target);
        if (deploying()) end_if_stuck();
        if (!unfinished()) redeploy_by_interval();
        return finish();
    }

private:
    bool unfinished() const { return deploy_ && !deploy_->finished(); }

    /// Under way: it may start and replace instances.
    bool deploying() const { return unfinished() && !deploy_->paused; }

    bool newest(Instance const& instance) const {
        return instance.assignment && instance.assignment->revision == service_.current().number;
    }

    void wake(std::optional<core::TimePoint> at) {
        if (at && *at > now_) out_.wake_at = std::min(out_.wake_at.value_or(*at), *at);
    }

    Step stop_all() {
        for (auto const& instance : view_.instances) {
            if (!instance.assignment || instance.assignment->desired_state == DesiredState::stopped)
                continue;
            auto changed = *instance.assignment;
            changed.desired_state = DesiredState::stopped;
            changed.updated_at = now_;
            changed.cause = service_.cause;
            out_.assign.push_back(std::move(changed));
        }
        if (view_.deploy && !view_.deploy->finished()) {
            deploy_ = *view_.deploy;
            end_deploy(DeployState::error, "the service was stopped");
        }
        return finish();
    }

    void start_deploy() {
        if (!view_.deploy) return;
        deploy_ = *view_.deploy;
        if (deploy_->finished() || deploy_->started_at) return;
        deploy_->state = DeployState::ongoing;
        deploy_->started_at = now_;
    }

    void end_deploy(DeployState state, std::string reason) {
        deploy_->state = state;
        deploy_->reason = std::move(reason);
        deploy_->finished_at = now_;
        if (!deploy_->started_at) deploy_->started_at = now_;
    }

    void succeed() {
        end_deploy(DeployState::success, "");
        if (service_.good == deploy_->revision) return;
        out_.service = service_;
        out_.service->good = deploy_->revision;
    }

    /// The deploy ends here; what follows is a matter of its policy.
    void fail(model::DeployFailure failure, std::string reason) {
        deploy_->failure = std::move(failure);
        end_deploy(DeployState::error, std::move(reason));
        if (on_failure(spec_, *deploy_) != OnFailure::rollback) return;
        auto back = rollback(service_, *deploy_, now_);
        if (!back) return;
        note(fmt::format("{} goes back to its last good definition", name_of(service_.id)));
        deploy_->rolled_back_by = back->deploy.id;
        following_ = std::move(back->deploy);
        out_.service = std::move(back->service);
    }

    bool dependencies_done() {
        for (auto const& id : dependencies(service_.id, spec_)) {
            auto const* other = lookup_(id);
            if (other == nullptr || !other->deploy) continue;
            bool const together = other->deploy->plan == deploy_->plan && !deploy_->plan.empty();
            bool const rolled_back = together && !other->deploy->rollback_of.empty();
            if (other->deploy->state == DeployState::success && !rolled_back) continue;
            if (!other->deploy->finished() && !rolled_back) {
                deploy_->reason = fmt::format("waits for {}", name_of(id));
                return false;
            }
            if (!together) continue;
            auto reason = fmt::format("{}, which it links to, failed to deploy", name_of(id));
            fail({.gate = "dependency", .reason = reason}, reason);
            return false;
        }
        return true;
    }

    /// Instances above the wanted number that start before an old one stops.
    int spares() const {
        bool const wanted = deploying() && !spec_.stateful &&
                            spec_.deploy_opts.order == model::RolloutOrder::start_first &&
                            spec_.strategy != model::Strategy::daemon;
        if (!wanted) return 0;
        bool const replacing = std::ranges::any_of(view_.instances, [&](Instance const& i) {
            return i.number <= spec_.instances && i.assignment &&
                   (!newest(i) || judge(i).gate != Gate::ready);
        });
        bool const begun = std::ranges::any_of(view_.instances, [&](Instance const& i) {
            return i.assignment && (i.number > spec_.instances || !newest(i));
        });
        if (!replacing || !begun) return 0;
        return unavailable_budget(spec_.instances, spec_.deploy_opts.min_health);
    }

    /// What is more than wanted goes, highest numbers first; what serves only while enough others
    /// do.
    void withdraw_surplus() {
        auto const floor = total_ - unavailable_budget(total_, spec_.deploy_opts.min_health);
        auto left = int(std::ranges::count_if(view_.instances, [&](Instance const& i) {
            return i.assignment && serving(i);
        }));
        for (auto const& instance : view_.instances | std::views::reverse) {
            if (placement_.wants(instance.number) || !instance.assignment) continue;
            if (counts_its_node(instance)) continue;
            bool const serves = serving(instance);
            if (serves && left <= floor) continue;
            if (serves) --left;
            out_.withdraw.push_back(instance.assignment->id);
            note(fmt::format(
                "{} is more than the {} wanted", instance_name(service_.id, instance.number), total_
            ));
        }
    }

    /// A daemon is wanted on a silent node for as long as it is there and within its grace: taking
    /// it away would make the next one a surplus, and so on until none is left.
    bool counts_its_node(Instance const& instance) const {
        if (spec_.strategy != model::Strategy::daemon) return false;
        auto const slot = cluster_.find(instance.assignment->node);
        if (!slot) return false;
        auto const& node = *cluster_.slots()[*slot].node;
        return !node.connected && node.availability == model::Availability::active &&
               node.disconnected_at.value_or(core::TimePoint{}) + reschedule_grace(spec_) > now_;
    }

    /// How many instances that serve may be taken down now. With spares only as many as serve in
    /// their place.
    void count_available() {
        int available = 0;
        for (auto const& target : placement_.targets) {
            auto const* instance = view_.find(target.number);
            if (instance != nullptr && serving(*instance)) ++available;
        }
        auto const budget =
            placement_.spares > 0 ? 0 : unavailable_budget(total_, spec_.deploy_opts.min_health);
        may_lose_ = std::max(0, budget - (total_ - available));
    }

    bool serving(Instance const& instance) const {
        return judge(instance).gate == Gate::ready && online(instance);
    }

    bool online(Instance const& instance) const {
        auto const slot = cluster_.find(instance.assignment->node);
        return slot && cluster_.slots()[*slot].node->connected;
    }

    void settle(Target const& target) {
        auto const* instance = view_.find(target.number);
        bool const assigned = instance != nullptr && instance->assignment != nullptr;
        if (!target.blocked.empty()) return block(target);
        if (!assigned) return start(target);
        if (target.kind == PlacementKind::move) return move(target, *instance);
        if (instance->assignment->desired_state == DesiredState::stopped)
            return start_again(*instance);
        if (deploying() && !newest(*instance)) replace(*instance);
    }

    void block(Target const& target) {
        out_.blocked.push_back(
            {.service = service_.id,
             .number = target.number,
             .reason = target.blocked,
             .refusals = target.explanation.refusals}
        );
        if (!target.from.empty()) leave_node(target);
    }

    /// An instance that has to leave its node but has no other place: a drained or unfit node is
    /// left all the same, an offline one keeps the assignment so that a return heals it.
    void leave_node(Target const& target) {
        auto const slot = cluster_.find(target.from);
        if (slot && !cluster_.slots()[*slot].node->connected) return;
        auto const* instance = view_.find(target.number);
        if (slot && deploying() && !newest(*instance) && may_lose_ > 0) {
            --may_lose_;
            out_.withdraw.push_back(instance->assignment->id);
            note(fmt::format(
                "{} may not stay on {}",
                instance_name(service_.id, target.number),
                target.from.leaf()
            ));
        }
    }

    Assignment fresh(Target const& target, std::int64_t revision) const {
        return {
            .id = core::instance_id(service_.id, target.number),
            .number = target.number,
            .node = target.node,
            .revision = revision,
            .desired_state = DesiredState::running,
            .deploy = deploy_ ? deploy_->id : core::DeployId{},
            .explanation = target.explanation,
            .cause = deploying() ? deploy_->cause : service_.cause,
            .created_at = now_,
            .updated_at = now_,
        };
    }

    void start(Target const& target) {
        if (unfinished() && deploy_->paused) return;
        out_.assign.push_back(fresh(target, revision_for(view_, target.number)));
        note(fmt::format(
            "{} starts on {}", instance_name(service_.id, target.number), target.node.leaf()
        ));
        track(target.number, target.node);
    }

    void start_again(Instance const& instance) {
        auto changed = *instance.assignment;
        changed.desired_state = DesiredState::running;
        changed.revision = revision_for(view_, instance.number);
        changed.updated_at = now_;
        changed.cause = service_.cause;
        track(instance.number, changed.node);
        out_.assign.push_back(std::move(changed));
    }

    /// Off a lost node at once; off a living one only as the health budget allows.
    void move(Target const& target, Instance const& instance) {
        bool const running = serving(instance);
        if (running && may_lose_ <= 0) return;
        if (running) --may_lose_;
        auto moved = fresh(target, revision_for(view_, target.number));
        moved.cause = was_planned(target) ? deploy_->cause : move_cause(instance);
        if (was_planned(target)) moved.cause.detail = target.explanation.winner;
        note(fmt::format(
            "{} moves from {} to {}: {}",
            instance_name(service_.id, target.number),
            target.from.leaf(),
            target.node.leaf(),
            moved.cause.detail
        ));
        out_.assign.push_back(std::move(moved));
        track(target.number, target.node);
    }

    /// A move that the plan of the deploy wanted, not one that a node forces.
    bool was_planned(Target const& target) const {
        return deploying() &&
               std::ranges::any_of(deploy_->planned, [&](model::PlannedInstance const& planned) {
                   return planned.kind == PlacementKind::move && planned.number == target.number &&
                          planned.node == target.node;
               });
    }

    model::Cause move_cause(Instance const& instance) const {
        model::Cause out{.kind = model::CauseKind::observation, .actor = "master"};
        auto const& name = instance.assignment->node;
        auto const slot = cluster_.find(name);
        if (!slot) {
            out.detail = fmt::format("node {} was removed", name.leaf());
            return out;
        }
        auto const& node = *cluster_.slots()[*slot].node;
        if (node.availability != model::Availability::active) {
            out.detail = fmt::format("node {} is being drained", name.leaf());
        } else if (!node.connected) {
            auto const silent = now_ - node.disconnected_at.value_or(now_);
            out.detail = fmt::format(
                "node {} is offline for {}", name.leaf(), core::format_duration(silent)
            );
        } else {
            out.detail = fmt::format("node {} may no longer hold it", name.leaf());
        }
        return out;
    }

    /// An instance that is down anyway costs no health; one that serves may go only within budget.
    void replace(Instance const& instance) {
        bool const serves = serving(instance);
        if (serves && may_lose_ <= 0) return;
        if (serves) --may_lose_;
        auto changed = *instance.assignment;
        changed.revision = service_.current().number;
        changed.deploy = deploy_->id;
        changed.cause = deploy_->cause;
        changed.updated_at = now_;
        track(instance.number, changed.node);
        note(fmt::format(
            "{} is replaced on {}", instance_name(service_.id, instance.number), changed.node.leaf()
        ));
        out_.assign.push_back(std::move(changed));
    }

    /// Remembers in the deploy when an instance was given its new assignment.
    void track(int number, core::NodeId const& node) {
        if (!deploying()) return;
        auto& entry = tracked(number);
        entry.node = node;
        entry.state = DeployState::ongoing;
        entry.error.clear();
        entry.started_at = now_;
    }

    model::InstanceDeploy& tracked(int number) {
        auto& all = deploy_->instances;
        auto const it = std::ranges::lower_bound(all, number, {}, &model::InstanceDeploy::number);
        if (it != all.end() && it->number == number) return *it;
        return *all.insert(
            it,
            {.number = number,
             .node = {},
             .state = DeployState::created,
             .error = {},
             .started_at = now_}
        );
    }

    void judge_deploy() {
        std::erase_if(deploy_->instances, [&](auto const& entry) {
            return !placement_.wants(entry.number);
        });
        int ready = 0;
        for (auto const& target : placement_.targets) {
            auto const* instance = view_.find(target.number);
            bool const there = target.kind != PlacementKind::move;
            if (instance != nullptr && newest(*instance) && there) judge_instance(*instance, ready);
        }
        bool const goes_on = on_failure(spec_, *deploy_) == OnFailure::continue_;
        if (failure_ && !goes_on) return fail(*failure_, failure_text(*failure_));
        if (failure_ && !deploy_->failure) deploy_->failure = failure_;
        auto const blocked = std::ranges::find_if(placement_.targets, [](Target const& t) {
            return !t.blocked.empty();
        });
        if (blocked != placement_.targets.end()) return judge_blocked(*blocked);
        bool const complete = ready == total_ && placement_.spares == 0 && out_.withdraw.empty();
        if (complete && surplus_gone()) return succeed();
        deploy_->reason = fmt::format("{} of {} ready", std::min(ready, total_), total_);
        judge_time();
    }

    void judge_blocked(Target const& blocked) {
        auto reason =
            fmt::format("{}: {}", instance_name(service_.id, blocked.number), blocked.blocked);
        auto const patience = *deploy_->started_at + kPlacementPatience;
        wake(patience);
        deploy_->reason = reason;
        if (patience > now_) return;
        fail(
            {.instance = blocked.number, .gate = "placement", .reason = blocked.blocked},
            std::move(reason)
        );
    }

    void judge_time() {
        auto const limit = spec_.deploy_opts.timeout;
        if (!limit) return;
        auto const end = *deploy_->started_at + core::Seconds(*limit);
        wake(end);
        if (end > now_) return;
        auto reason = fmt::format(
            "not done after {}: {}", core::format_duration(core::Seconds(*limit)), deploy_->reason
        );
        fail({.gate = "timeout", .reason = reason}, reason);
    }

    core::Seconds instance_deadline() const {
        auto const limit = spec_.deploy_opts.instance_timeout;
        return limit ? core::Seconds(*limit) : kInstanceDeadline;
    }

    void judge_instance(Instance const& instance, int& ready) {
        auto const verdict = judge(instance);
        auto& entry = tracked(instance.number);
        entry.node = instance.assignment->node;
        if (verdict.gate == Gate::ready) {
            if (placement_.spares == 0 || instance.number <= total_) ++ready;
            entry.state = DeployState::success;
            entry.error.clear();
            return;
        }
        if (entry.state == DeployState::success || entry.state == DeployState::created)
            entry.started_at = now_;
        auto const* seen = instance.observed();
        auto const deadline = entry.started_at + instance_deadline();
        bool const late = deadline <= now_;
        if (verdict.gate == Gate::waiting && !late) {
            entry.state = DeployState::ongoing;
            entry.error = seen != nullptr && !seen->error.empty() ? verdict.reason : "";
            ++waiting_;
            return wake(deadline);
        }
        entry.state = DeployState::error;
        entry.error = verdict.reason;
        if (late && verdict.gate == Gate::waiting) {
            entry.error = fmt::format(
                "not ready after {}: {}", core::format_duration(instance_deadline()), verdict.reason
            );
        }
        if (!failure_) failure_ = failure_of(instance, entry.error);
    }

    model::DeployFailure failure_of(Instance const& instance, std::string const& reason) const {
        auto const* seen = instance.observed();
        model::DeployFailure out{
            .instance = instance.number,
            .node = instance.assignment->node,
            .gate = gate_of(seen, spec_),
            .reason = reason,
        };
        if (seen != nullptr) {
            out.exit_code = seen->exit_code;
            out.log_tail = seen->log_tail;
        }
        return out;
    }

    std::string failure_text(model::DeployFailure const& failure) const {
        return fmt::format(
            "{} on {}: {}",
            instance_name(service_.id, failure.instance),
            failure.node.leaf(),
            failure.reason
        );
    }

    /// With the policy `continue`: nothing waits any more, and nothing was done in this pass.
    void end_if_stuck() {
        if (!deploy_->failure || waiting_ > 0) return;
        if (!out_.assign.empty() || !out_.withdraw.empty()) return;
        fail(*deploy_->failure, failure_text(*deploy_->failure));
    }

    /// Containers that were scaled away are gone, as far as their nodes can be asked.
    bool surplus_gone() const {
        return std::ranges::none_of(view_.instances, [&](Instance const& i) {
            if (placement_.wants(i.number) || !i.observation) return false;
            auto const slot = cluster_.find(i.observation->node);
            return slot && cluster_.slots()[*slot].node->connected;
        });
    }

    void redeploy_by_interval() {
        auto const interval = spec_.deploy_opts.interval;
        if (!interval || !view_.deploy || view_.deploy->state != DeployState::success) return;
        auto const due = *view_.deploy->finished_at + core::Seconds(*interval);
        wake(due);
        if (due > now_) return;
        model::Cause cause{.kind = model::CauseKind::observation, .actor = "master"};
        cause.detail = fmt::format(
            "deploy.interval of {} has passed", core::format_duration(core::Seconds(*interval))
        );
        auto next = service_;
        next.specs.push_back({next_spec_number(next), next.current().spec, now_, cause});
        auto again = redeploy(std::move(next), std::move(cause), now_);
        out_.service = std::move(again.service);
        following_ = std::move(again.deploy);
    }

    void note(std::string text) {
        if (out_.note.empty()) out_.note = std::move(text);
    }

    Step finish() {
        bool const changed = deploy_ && (!view_.deploy || *deploy_ != *view_.deploy);
        if (changed) out_.deploys.push_back(std::move(*deploy_));
        if (following_) out_.deploys.push_back(std::move(*following_));
        return std::move(out_);
    }

    Cluster& cluster_;
    model::Grid const& grid_;
    ServiceView const& view_;
    Lookup const& lookup_;
    model::Service const& service_;
    model::ServiceSpec const& spec_;
    core::TimePoint now_;
    std::optional<model::Deploy> deploy_;
    std::optional<model::Deploy> following_; ///< a way back, or one by the interval
    Placement placement_;
    int total_ = 0;    ///< instances wanted, without spares
    int may_lose_ = 0; ///< instances that serve and may be taken down
    int waiting_ = 0;  ///< instances before a gate
    std::optional<model::DeployFailure> failure_;
    Step out_;
};

} // namespace

Step advance(
    Cluster& cluster,
    model::Grid const& grid,
    ServiceView const& view,
    Lookup const& lookup,
    core::TimePoint now
) {
    return Pass(cluster, grid, view, lookup, now).run();
}

std::vector<core::ServiceId>
dependencies(core::ServiceId const& service, model::ServiceSpec const& spec) {
    std::vector<core::ServiceId> out;
    auto const stack = core::stack_of(service);
    for (auto const& link : spec.links) {
        bool const local = link.name.find('/') == std::string::npos;
        out.emplace_back(
            local ? fmt::format("{}/{}", stack.str(), link.name)
                  : fmt::format("{}/{}", service.root(), link.name)
        );
    }
    return out;
}

} // namespace kontena::reconciler
