#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/model/assignment.hpp"
#include "core/model/cause.hpp"
#include "core/model/stack_spec.hpp"

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kontena::model {

enum class ActionKind {
    create,       ///< a new service
    replace,      ///< a changed spec: its containers are replaced, one after another
    scale,        ///< another number of instances, the others are not touched
    remove,       ///< a service that is no longer wanted
    move,         ///< instances go to other nodes, nothing else changes
    update_stack, ///< labels, version or the like: nothing runs differently
    remove_stack, ///< a stack that is no longer wanted, after its services
};
BOOST_DESCRIBE_ENUM(ActionKind, create, replace, scale, remove, move, update_stack, remove_stack)

/// One changed field. Values are JSON text; secrets are masked.
struct FieldChange {
    std::string field;
    std::string before;
    std::string after;

    friend bool operator==(FieldChange const&, FieldChange const&) = default;
};
BOOST_DESCRIBE_STRUCT(FieldChange, (), (field, before, after))

enum class PlacementKind { start, replace, move, stop, keep };
BOOST_DESCRIBE_ENUM(PlacementKind, start, replace, move, stop, keep)

/// What will happen to one instance, where, and why there. `node` is empty when no node will take
/// it.
struct PlannedInstance {
    int number = 0;
    PlacementKind kind = PlacementKind::start;
    core::NodeId node;
    core::NodeId from; ///< for moves
    Explanation explanation;

    friend bool operator==(PlannedInstance const&, PlannedInstance const&) = default;
};
BOOST_DESCRIBE_STRUCT(PlannedInstance, (), (number, kind, node, from, explanation))

/// One step of a plan. `after` names services whose deploy must succeed first.
struct Action {
    ActionKind kind = ActionKind::create;
    core::StackId stack;
    core::ServiceId service; ///< empty for actions on the stack itself
    std::string reason;
    std::vector<FieldChange> changes;
    std::vector<PlannedInstance> instances;
    std::vector<core::ServiceId> after;
    int at_once = 0;       ///< instances that serve and are taken down, at most so many at a time
    core::DeployId deploy; ///< the deploy that carries it out
    Cause cause;

    friend bool operator==(Action const&, Action const&) = default;
};
BOOST_DESCRIBE_STRUCT(
    Action, (), (kind, stack, service, reason, changes, instances, after, at_once, deploy, cause)
)

/// What cannot be done, and why: "shop/web-3: no node left: label zone=b (2 of 2 refused)".
struct Blocked {
    core::ServiceId service;
    int number = 0;
    std::string reason;
    std::vector<Refusal> refusals;

    friend bool operator==(Blocked const&, Blocked const&) = default;
};
BOOST_DESCRIBE_STRUCT(Blocked, (), (service, number, reason, refusals))

/// How an applied plan came out. Kept in the plan, for its deploys are forgotten sooner.
enum class PlanOutcome { open, converged, failed, superseded };
BOOST_DESCRIBE_ENUM(PlanOutcome, open, converged, failed, superseded)

/// Ordered actions that take a grid from what it is to what a revision says. An empty plan is the
/// statement that nothing is to be done; it is not kept and has no id.
struct Plan {
    core::PlanId id;  ///< grid/time-digest; empty when the plan is not kept
    std::string hash; ///< digest of the content: plans with the same one do the same
    core::GridId grid;
    core::SourceId source;
    core::RevisionId revision;
    std::string basis; ///< digest of what it was computed from
    bool prune = false;
    bool force = false;
    bool retry_failed = false;
    int moves = 0; ///< of a rebalance: how many there may be; 0 = it is none
    std::vector<Action> actions;
    std::vector<Blocked> blocked;
    Cause cause;
    core::TimePoint created_at;
    std::optional<core::TimePoint> applied_at;
    std::string applied_by; ///< the actor
    PlanOutcome outcome = PlanOutcome::open;
    core::PlanId superseded_by; ///< the plan that took over, when it is known

    bool empty() const { return actions.empty(); }
};
BOOST_DESCRIBE_STRUCT(
    Plan,
    (),
    (id,
     hash,
     grid,
     source,
     revision,
     basis,
     prune,
     force,
     retry_failed,
     moves,
     actions,
     blocked,
     cause,
     created_at,
     applied_at,
     applied_by,
     outcome,
     superseded_by)
)

} // namespace kontena::model
