#include "reconciler/rollout.hpp"

#include "core/model/affinity.hpp"
#include "reconciler/scheduler/place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kontena::reconciler {
namespace {

using model::Assignment;
using model::DeployState;
using model::DesiredState;
using model::InstanceState;
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
        if (deploy_ && !deploy_->finished() && !dependencies_done()) return finish();
        placement_ = place(cluster_, grid_, view_, now_);
        wake(placement_.wake_at);
        withdraw_surplus();
        count_available();
        if (deploying()) judge_deploy();
        for (auto const& target : placement_.targets) settle(target);
        if (!deploying()) redeploy_by_interval();
        return finish();
    }

private:
    bool deploying() const { return deploy_ && !deploy_->finished(); }

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

    bool dependencies_done() {
        for (auto const& id : dependencies(service_.id, spec_)) {
            auto const* other = lookup_(id);
            if (other == nullptr || !other->deploy || other->deploy->state == DeployState::success)
                continue;
            if (!other->deploy->finished()) {
                deploy_->reason = fmt::format("waits for {}", name_of(id));
                return false;
            }
            if (other->deploy->plan != deploy_->plan) continue;
            end_deploy(
                DeployState::error,
                fmt::format("{}, which it links to, failed to deploy", name_of(id))
            );
            return false;
        }
        return true;
    }

    void withdraw_surplus() {
        auto const total = int(placement_.targets.size());
        for (auto const& instance : view_.instances) {
            if (instance.number <= total || !instance.assignment) continue;
            out_.withdraw.push_back(instance.assignment->id);
            note(fmt::format(
                "{} is more than the {} wanted", instance_name(service_.id, instance.number), total
            ));
        }
    }

    void count_available() {
        auto const total = int(placement_.targets.size());
        for (auto const& target : placement_.targets) {
            auto const* instance = view_.find(target.number);
            bool const ready =
                instance != nullptr && judge(*instance).gate == Gate::ready && online(*instance);
            if (ready) ++available_;
        }
        may_lose_ = std::max(
            0, unavailable_budget(total, spec_.deploy_opts.min_health) - (total - available_)
        );
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
        if (deploying() && instance->assignment->revision != service_.current().number)
            replace(*instance);
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
        if (slot && deploying() && instance->assignment->revision != service_.current().number &&
            may_lose_ > 0) {
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
        Assignment out{
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
        return out;
    }

    void start(Target const& target) {
        out_.assign.push_back(fresh(target, service_.current().number));
        note(fmt::format(
            "{} starts on {}", instance_name(service_.id, target.number), target.node.leaf()
        ));
        track(target.number, target.node);
    }

    void start_again(Instance const& instance) {
        auto changed = *instance.assignment;
        changed.desired_state = DesiredState::running;
        changed.revision = service_.current().number;
        changed.updated_at = now_;
        changed.cause = service_.cause;
        track(instance.number, changed.node);
        out_.assign.push_back(std::move(changed));
    }

    /// Off a lost node at once; off a living one only as the health budget allows.
    void move(Target const& target, Instance const& instance) {
        bool const running = judge(instance).gate == Gate::ready && online(instance);
        if (running && may_lose_ <= 0) return;
        if (running) --may_lose_;
        auto const revision =
            deploying() ? service_.current().number : instance.assignment->revision;
        auto moved = fresh(target, revision);
        moved.cause = move_cause(instance);
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
        bool const serving = judge(instance).gate == Gate::ready && online(instance);
        if (serving && may_lose_ <= 0) return;
        if (serving) --may_lose_;
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
        auto const total = int(placement_.targets.size());
        std::erase_if(deploy_->instances, [&](auto const& entry) { return entry.number > total; });
        int ready = 0;
        std::string failure;
        auto const blocked = std::ranges::find_if(placement_.targets, [](Target const& t) {
            return !t.blocked.empty();
        });
        bool const complete = blocked == placement_.targets.end();
        for (auto const& target : placement_.targets) {
            auto const* instance = view_.find(target.number);
            if (instance == nullptr || !instance->assignment) continue;
            if (instance->assignment->revision != service_.current().number) continue;
            judge_instance(*instance, ready, failure);
        }
        if (!failure.empty()) return end_deploy(DeployState::error, failure);
        auto reason =
            complete ? fmt::format("{} of {} ready", ready, total)
                     : fmt::format(
                           "{}: {}", instance_name(service_.id, blocked->number), blocked->blocked
                       );
        if (!complete && blocked_too_long())
            return end_deploy(DeployState::error, std::move(reason));
        if (ready == total && out_.withdraw.empty() && surplus_gone(total)) {
            return end_deploy(DeployState::success, "");
        }
        deploy_->reason = std::move(reason);
    }

    void judge_instance(Instance const& instance, int& ready, std::string& failure) {
        auto const verdict = judge(instance);
        auto& entry = tracked(instance.number);
        entry.node = instance.assignment->node;
        if (verdict.gate == Gate::ready) {
            ++ready;
            entry.state = DeployState::success;
            entry.error.clear();
            return;
        }
        if (entry.state != DeployState::ongoing) entry.started_at = now_;
        entry.state = DeployState::ongoing;
        auto const* seen = instance.observed();
        entry.error = seen != nullptr && !seen->error.empty() ? verdict.reason : "";
        auto const deadline = entry.started_at + kInstanceDeadline;
        bool const late = deadline <= now_;
        if (verdict.gate == Gate::waiting && !late) return wake(deadline);
        entry.state = DeployState::error;
        entry.error = verdict.reason;
        if (late && verdict.gate == Gate::waiting) {
            entry.error = fmt::format(
                "not ready after {}: {}", core::format_duration(kInstanceDeadline), verdict.reason
            );
        }
        if (failure.empty()) {
            failure = fmt::format(
                "{} on {}: {}",
                instance_name(service_.id, instance.number),
                instance.assignment->node.leaf(),
                entry.error
            );
        }
    }

    bool blocked_too_long() {
        auto const patience = *deploy_->started_at + kPlacementPatience;
        wake(patience);
        return patience <= now_;
    }

    /// Containers that were scaled away are gone, as far as their nodes can be asked.
    bool surplus_gone(int total) const {
        return std::ranges::none_of(view_.instances, [&](Instance const& i) {
            if (i.number <= total || !i.observation) return false;
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
        auto current = next.current();
        next.specs.push_back({current.number + 1, current.spec, now_, cause});
        next.deploys += 1;
        next.updated_at = now_;
        deploy_ = model::Deploy{
            .id = model::deploy_id(next.id, next.deploys),
            .service = next.id,
            .revision = current.number + 1,
            .cause = cause,
            .created_at = now_,
        };
        out_.service = std::move(next);
    }

    void note(std::string text) {
        if (out_.note.empty()) out_.note = std::move(text);
    }

    Step finish() {
        bool const changed = deploy_ && (!view_.deploy || *deploy_ != *view_.deploy);
        if (changed) out_.deploy = std::move(*deploy_);
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
    Placement placement_;
    int available_ = 0;
    int may_lose_ = 0;
    Step out_;
};

std::string describe(model::Observation const& seen) {
    if (!seen.error.empty()) return seen.error;
    if (seen.exit_code) return fmt::format("exited with code {}", *seen.exit_code);
    return std::string(seen.health == model::Health::unhealthy ? "unhealthy" : "");
}

std::string_view state_words(InstanceState state) {
    switch (state) {
    case InstanceState::pending:
        return "waits for its node to begin";
    case InstanceState::pulling:
        return "pulls its image";
    case InstanceState::creating:
        return "its container is being made";
    case InstanceState::starting:
        return "its container is not ready yet";
    case InstanceState::running:
        return "runs";
    case InstanceState::restarting:
        return "its container exited";
    case InstanceState::stopping:
        return "stops";
    case InstanceState::stopped:
        return "is stopped";
    case InstanceState::failed:
        return "cannot be started";
    }
    return "";
}

} // namespace

GateResult judge(Instance const& instance) {
    if (!instance.assignment) return {Gate::waiting, "has no node yet"};
    auto const* seen = instance.observed();
    if (seen == nullptr) return {Gate::waiting, "its node has not answered yet"};
    bool const current = seen->revision == instance.assignment->revision;
    bool const up =
        seen->state == InstanceState::running && seen->health != model::Health::unhealthy;
    if (current && up) return {Gate::ready, {}};
    bool const about = seen->target == instance.assignment->revision;
    if (!about) return {Gate::waiting, "its node has not begun yet"};
    bool const broken =
        seen->state == InstanceState::failed || seen->state == InstanceState::restarting;
    auto words = describe(*seen);
    if (words.empty()) words = std::string(state_words(seen->state));
    if (broken && seen->restarts >= kCrashLimit) return {Gate::failed, std::move(words)};
    return {Gate::waiting, std::move(words)};
}

int unavailable_budget(int total, double min_health) {
    constexpr std::int64_t scale = 1'000'000;
    auto const keep = std::clamp<std::int64_t>(std::llround(min_health * scale), 0, scale);
    return std::max(1, int(total * (scale - keep) / scale));
}

Step advance(
    Cluster& cluster,
    model::Grid const& grid,
    ServiceView const& view,
    Lookup const& lookup,
    core::TimePoint now
) {
    return Pass(cluster, grid, view, lookup, now).run();
}

namespace {

/// Nothing on the node drives an instance with this spec away: it is not overfull, and no port is
/// given out twice.
bool comfortable(NodeSlot const& slot, model::ServiceSpec const& spec) {
    auto const& info = slot.node->info;
    if (spec.memory && slot.memory > info.mem_total) return false;
    if (spec.cpus && slot.cpus > double(info.cpus)) return false;
    return std::ranges::none_of(spec.ports, [&](model::PortMapping const& port) {
        return std::ranges::count_if(slot.ports, [&](HostPort const& taken) {
                   return collide(taken, port);
               }) > 1;
    });
}

} // namespace

bool settled(Cluster const& cluster, model::Grid const& grid, ServiceView const& view) {
    auto const& service = *view.service;
    auto const& spec = service.spec();
    bool const simple = service.state == model::ServiceState::running &&
                        spec.strategy != model::Strategy::daemon && !spec.deploy_opts.interval &&
                        effective_affinity(grid, spec).empty();
    bool const deploying = view.deploy && !view.deploy->finished();
    if (!simple || deploying || int(view.instances.size()) != spec.instances) return false;
    for (int at = 0; at < spec.instances; ++at) {
        auto const& instance = view.instances[std::size_t(at)];
        if (instance.number != at + 1 || !instance.assignment) return false;
        if (instance.assignment->desired_state != DesiredState::running) return false;
        auto const slot = cluster.find(instance.assignment->node);
        if (!slot) return false;
        auto const& on = cluster.slots()[*slot];
        bool const stays =
            on.node->connected && on.node->availability == model::Availability::active;
        if (!spec.stateful && !(stays && comfortable(on, spec))) return false;
    }
    return true;
}

bool depends_on_others(model::Grid const& grid, model::ServiceSpec const& spec) {
    if (spec.strategy == model::Strategy::daemon) return true;
    return std::ranges::any_of(effective_affinity(grid, spec), [](std::string const& text) {
        auto const rule = model::parse_affinity(text);
        return rule && (rule->key == model::AffinityKey::service ||
                        rule->key == model::AffinityKey::container);
    });
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
