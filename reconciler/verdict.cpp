#include "reconciler/verdict.hpp"

#include <algorithm>

namespace kontena::reconciler {
namespace {

using Outcome = Verdict::Outcome;

Outcome outcome_of(model::Deploy const* deploy) {
    if (deploy == nullptr) return Outcome::superseded;
    switch (deploy->state) {
    case model::DeployState::created:
    case model::DeployState::ongoing:
        return Outcome::pending;
    case model::DeployState::success:
        return Outcome::good;
    case model::DeployState::error:
        return deploy->failure ? Outcome::failed : Outcome::superseded;
    }
    return Outcome::pending;
}

} // namespace

Verdict judge_plan(model::Plan const& plan, FindDeploy const& find) {
    Verdict out{.outcome = Outcome::good};
    for (auto const& action : plan.actions) {
        if (action.deploy.empty()) continue;
        auto deploy = find(action.deploy);
        auto const outcome = outcome_of(deploy.get());
        if (outcome == Outcome::failed) return {outcome, std::move(deploy)};
        if (outcome == Outcome::pending || out.outcome == Outcome::good) out.outcome = outcome;
    }
    return out;
}

} // namespace kontena::reconciler
