#include "master/control/plan_outcome.hpp"

#include "reconciler/verdict.hpp"

#include <set>

namespace kontena::master {
namespace {

using reconciler::Verdict;

/// The plans whose deploys ended in the transaction, or are gone.
std::set<core::PlanId> concerned(Txn const& txn) {
    std::set<core::PlanId> out;
    for (auto const& change : txn.changes()) {
        if (!change.is<model::Deploy>()) continue;
        auto const& after = std::get<Pointer<model::Deploy>>(change.after);
        auto const& deploy = after ? after : std::get<Pointer<model::Deploy>>(change.before);
        bool const decided = !after || after->finished();
        if (deploy && decided && !deploy->plan.empty()) out.insert(deploy->plan);
    }
    return out;
}

/// The plan whose deploy came after one that was cut short, or that removed its service.
core::PlanId successor(Txn const& txn, model::Plan const& plan) {
    auto const& state = txn.state();
    for (auto const& action : plan.actions) {
        if (action.deploy.empty()) continue;
        auto const service = state.find<model::Service>(action.service);
        auto const newest =
            service ? state.find<model::Deploy>(model::deploy_id(service->id, service->deploys))
                    : nullptr;
        if (newest && newest->plan != plan.id && !newest->plan.empty()) return newest->plan;
    }
    for (auto const& change : txn.changes()) {
        if (!change.is<model::Plan>()) continue;
        auto const& other = std::get<Pointer<model::Plan>>(change.after);
        if (other && other->applied_at && other->id != plan.id) return other->id;
    }
    return {};
}

model::PlanOutcome outcome_of(Verdict::Outcome outcome) {
    switch (outcome) {
    case Verdict::Outcome::pending:
        return model::PlanOutcome::open;
    case Verdict::Outcome::good:
        return model::PlanOutcome::converged;
    case Verdict::Outcome::failed:
        return model::PlanOutcome::failed;
    case Verdict::Outcome::superseded:
        return model::PlanOutcome::superseded;
    }
    return model::PlanOutcome::open;
}

} // namespace

void note_outcomes(Txn& txn) {
    for (auto const& id : concerned(txn)) {
        auto const plan = txn.state().find<model::Plan>(id);
        if (!plan || !plan->applied_at || plan->outcome != model::PlanOutcome::open) continue;
        auto const verdict = reconciler::judge_plan(*plan, [&](core::DeployId const& deploy) {
            return txn.state().find<model::Deploy>(deploy);
        });
        auto const outcome = outcome_of(verdict.outcome);
        if (outcome == model::PlanOutcome::open) continue;
        auto next = *plan;
        next.outcome = outcome;
        if (outcome == model::PlanOutcome::superseded) next.superseded_by = successor(txn, *plan);
        txn.put(std::move(next));
    }
}

} // namespace kontena::master
