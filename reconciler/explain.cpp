#include "reconciler/explain.hpp"

#include "reconciler/gates.hpp"
#include "reconciler/scheduler/place.hpp"

#include <fmt/format.h>

#include <set>

namespace kontena::reconciler {
namespace {

/// Without its own place, why it has none.
std::string homeless(ServiceView const& view, Target const* target) {
    if (view.service->state == model::ServiceState::stopped) return "the service is stopped";
    if (target == nullptr) return "it is not wanted any more";
    if (!target->blocked.empty()) return target->blocked;
    bool const deploying = view.deploy && !view.deploy->finished();
    if (deploying && view.deploy->paused) return "its deploy is paused";
    if (deploying && !view.deploy->reason.empty())
        return fmt::format("its deploy has not come to it: {}", view.deploy->reason);
    return fmt::format("it will be started on {}", target->node.leaf());
}

std::string settled_in(ServiceView const& view, Instance const& instance, bool online) {
    auto const& assignment = *instance.assignment;
    auto const node = assignment.node.leaf();
    if (!online) return fmt::format("its node {} is offline", node);
    if (assignment.desired_state == model::DesiredState::stopped) return "the service is stopped";
    auto const verdict = judge(instance);
    if (verdict.gate != Gate::ready) return verdict.reason;
    bool const newest = assignment.revision == view.service->current().number;
    if (newest) return fmt::format("runs on {}", node);
    return fmt::format(
        "runs on {} with revision {}; revision {} has not reached it{}",
        node,
        assignment.revision,
        view.service->current().number,
        view.deploy && !view.deploy->reason.empty() ? ": " + view.deploy->reason : ""
    );
}

InstanceReason
reason_of(Cluster const& cluster, ServiceView const& view, int number, Target const* target) {
    InstanceReason out{.number = number};
    auto const* instance = view.find(number);
    if (instance == nullptr || !instance->assignment) {
        out.verdict = homeless(view, target);
        if (target != nullptr) out.explanation = target->explanation;
        return out;
    }
    auto const& assignment = *instance->assignment;
    auto const slot = cluster.find(assignment.node);
    bool const online = slot && cluster.slots()[*slot].node->connected;
    out.node = assignment.node;
    out.running = online && judge(*instance).gate == Gate::ready;
    out.verdict = settled_in(view, *instance, online);
    if (target != nullptr && !target->blocked.empty())
        out.verdict += fmt::format("; it should leave, but {}", target->blocked);
    out.explanation = assignment.explanation;
    out.cause = assignment.cause;
    out.since = assignment.updated_at;
    if (auto const* seen = instance->observed(); seen != nullptr && !out.running) {
        out.since = seen->since;
        out.log_tail = seen->log_tail;
    }
    return out;
}

} // namespace

std::vector<InstanceReason>
explain(LiveGrid& grid, core::ServiceId const& service, core::TimePoint now) {
    auto const& view = grid.view().services.at(service);
    auto const placement = place(grid.cluster(), *grid.view().grid, view, now);
    grid.restore(service);
    std::map<int, Target const*> targets;
    for (auto const& target : placement.targets) targets.emplace(target.number, &target);
    std::set<int> numbers;
    for (auto const& [number, target] : targets) numbers.insert(number);
    for (auto const& instance : view.instances) numbers.insert(instance.number);
    std::vector<InstanceReason> out;
    for (auto const number : numbers) {
        auto const found = targets.find(number);
        auto const* target = found == targets.end() ? nullptr : found->second;
        out.push_back(reason_of(grid.cluster(), view, number, target));
    }
    return out;
}

} // namespace kontena::reconciler
