#include "master/control/apply.hpp"

#include "master/control/plan_outcome.hpp"

#include <algorithm>
#include <vector>

namespace kontena::master {
namespace {

constexpr std::int64_t kKeptDeploys = 20; ///< per service
constexpr std::size_t kKeptPlans = 100;   ///< per grid, of those that were applied
constexpr std::size_t kKeptSaved = 50;    ///< per grid, of those that were not

template <class T>
void remove_below(Txn& txn, std::string const& prefix) {
    std::vector<KeyOf<T>> keys;
    txn.state().all<T>().for_prefix(prefix, [&](auto const& key, auto const&) {
        keys.push_back(key);
    });
    for (auto const& key : keys) txn.remove<T>(key);
}

void remove_service(Txn& txn, core::ServiceId const& id) {
    auto const prefix = id.str() + "/";
    remove_below<model::Assignment>(txn, prefix);
    remove_below<model::Deploy>(txn, prefix);
    txn.remove<model::Service>(id);
}

/// Saved plans must not drive out those that say what happened.
void keep_newest_plans(Txn& txn, core::GridId const& grid, bool applied) {
    std::vector<std::shared_ptr<model::Plan const>> plans;
    txn.state().all<model::Plan>().for_prefix(grid.str() + "/", [&](auto const&, auto const& p) {
        if (p->applied_at.has_value() == applied) plans.push_back(p);
    });
    auto const kept = applied ? kKeptPlans : kKeptSaved;
    if (plans.size() <= kept) return;
    std::ranges::sort(plans, {}, [](auto const& p) { return p->created_at; });
    plans.resize(plans.size() - kept);
    for (auto const& plan : plans) txn.remove<model::Plan>(plan->id);
}

void put_deploy(Txn& txn, model::Deploy deploy) {
    auto const newest = txn.state().find<model::Service>(deploy.service);
    if (newest)
        txn.remove<model::Deploy>(model::deploy_id(deploy.service, newest->deploys - kKeptDeploys));
    txn.put(std::move(deploy));
}

} // namespace

model::Plan apply(Txn& txn, reconciler::Prepared prepared, core::TimePoint now) {
    auto& effects = prepared.effects;
    for (auto const& id : effects.removed_services) remove_service(txn, id);
    for (auto const& id : effects.removed_stacks) txn.remove<model::Stack>(id);
    for (auto& stack : effects.stacks) txn.put(std::move(stack));
    for (auto& service : effects.services) txn.put(std::move(service));
    for (auto& deploy : effects.deploys) put_deploy(txn, std::move(deploy));
    auto plan = std::move(prepared.plan);
    if (plan.empty()) return plan;
    plan.applied_at = now;
    plan.applied_by = plan.cause.actor;
    put_plan(txn, plan);
    note_outcomes(txn);
    return plan;
}

void put_plan(Txn& txn, model::Plan const& plan) {
    txn.put(plan);
    keep_newest_plans(txn, plan.grid, plan.applied_at.has_value());
}

void apply(Txn& txn, reconciler::Step const& step) {
    for (auto const& id : step.withdraw) txn.remove<model::Assignment>(id);
    for (auto assignment : step.assign) {
        auto const before = txn.state().find<model::Assignment>(assignment.id);
        if (before) assignment.created_at = before->created_at;
        // What another node said about the instance is not about its new place.
        auto const seen = txn.state().find<model::Observation>(assignment.id);
        if (seen && seen->node != assignment.node) txn.remove<model::Observation>(assignment.id);
        txn.put(std::move(assignment));
    }
    if (step.service) txn.put(*step.service);
    for (auto const& deploy : step.deploys) put_deploy(txn, deploy);
}

} // namespace kontena::master
