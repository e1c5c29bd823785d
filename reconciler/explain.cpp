#include "reconciler/explain.hpp"

#include "reconciler/gates.hpp"
#include "reconciler/scheduler/place.hpp"

#include <fmt/format.h>

#include <map>

namespace kontena::reconciler {
namespace {

/// Where an instance should be: nothing is known of it in the past.
struct Wanted {
    bool at_all = true;
    Target const* target = nullptr;
};

/// Without its own place, why it has none.
std::string homeless(ServiceView const& view, Wanted const& wanted) {
    if (view.service->state == model::ServiceState::stopped) return "the service is stopped";
    if (!wanted.at_all) return "it is not wanted any more";
    auto const* target = wanted.target;
    if (target != nullptr && !target->blocked.empty()) return target->blocked;
    bool const deploying = view.deploy && !view.deploy->finished();
    if (deploying && view.deploy->paused) return "its deploy is paused";
    if (deploying && !view.deploy->reason.empty())
        return fmt::format("its deploy has not come to it: {}", view.deploy->reason);
    if (target == nullptr) return "it has no place";
    return fmt::format("it will be started on {}", target->node.leaf());
}

/// What becomes of an instance whose node is away.
std::string
fate(ServiceView const& view, Wanted const& wanted, model::Node const* node, core::TimePoint now) {
    auto const& spec = view.service->spec();
    if (node == nullptr) return "";
    if (!wanted.at_all) return "it is not wanted any more";
    if (spec.stateful) return "it is stateful and waits there for the node";
    auto const grace = reschedule_grace(spec);
    auto const until = node->disconnected_at.value_or(core::TimePoint{}) + grace;
    bool const leaves = node->availability != model::Availability::active || until <= now;
    if (!leaves && spec.strategy == model::Strategy::daemon)
        return fmt::format("it waits there until {}", core::format_time(until));
    if (!leaves)
        return fmt::format(
            "it moves at {}, when the node has been away for {} (reschedule_after)",
            core::format_time(until),
            core::format_duration(grace)
        );
    auto const* target = wanted.target;
    if (target == nullptr) return "it may move";
    if (!target->blocked.empty()) return fmt::format("it should move, but {}", target->blocked);
    return fmt::format("it is about to move to {}", target->node.leaf());
}

std::string away(
    ServiceView const& view,
    Wanted const& wanted,
    core::NodeId const& id,
    model::Node const* node,
    core::TimePoint now
) {
    if (node == nullptr) return fmt::format("its node {} was removed", id.leaf());
    auto out = fmt::format("its node {} is offline", id.leaf());
    if (node->disconnected_at)
        out += fmt::format(
            " since {} ({})",
            core::format_time(*node->disconnected_at),
            core::format_duration(now - *node->disconnected_at)
        );
    return fmt::format("{}; {}", out, fate(view, wanted, node, now));
}

std::string settled_in(ServiceView const& view, Instance const& instance) {
    auto const& assignment = *instance.assignment;
    auto const node = assignment.node.leaf();
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

InstanceReason reason_of(
    Cluster const& cluster,
    ServiceView const& view,
    int number,
    Wanted const& wanted,
    core::TimePoint now
) {
    InstanceReason out{.number = number};
    auto const* target = wanted.target;
    auto const* instance = view.find(number);
    if (instance == nullptr || !instance->assignment) {
        out.verdict = homeless(view, wanted);
        if (target != nullptr) out.explanation = target->explanation;
        return out;
    }
    auto const& assignment = *instance->assignment;
    auto const slot = cluster.find(assignment.node);
    auto const* node = slot ? cluster.slots()[*slot].node.get() : nullptr;
    bool const online = node != nullptr && node->connected;
    out.node = assignment.node;
    out.running = online && judge(*instance).gate == Gate::ready;
    out.verdict =
        online ? settled_in(view, *instance) : away(view, wanted, assignment.node, node, now);
    if (online && target != nullptr && !target->blocked.empty())
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
    std::map<int, Wanted> numbers;
    for (auto const& instance : view.instances) numbers[instance.number].at_all = false;
    for (auto const& target : placement.targets) numbers[target.number] = {true, &target};
    std::vector<InstanceReason> out;
    for (auto const& [number, wanted] : numbers)
        out.push_back(reason_of(grid.cluster(), view, number, wanted, now));
    return out;
}

std::vector<InstanceReason>
explain_past(LiveGrid& grid, core::ServiceId const& service, core::TimePoint then) {
    auto const& view = grid.view().services.at(service);
    auto const& spec = view.service->spec();
    auto const total = spec.strategy == model::Strategy::daemon ? 0 : spec.instances;
    std::map<int, Wanted> numbers;
    for (auto const& instance : view.instances)
        numbers[instance.number].at_all =
            instance.number <= total || spec.strategy == model::Strategy::daemon;
    for (int number = 1; number <= total; ++number) numbers[number];
    std::vector<InstanceReason> out;
    for (auto const& [number, wanted] : numbers)
        out.push_back(reason_of(grid.cluster(), view, number, wanted, then));
    return out;
}

} // namespace kontena::reconciler
