#pragma once

#include "core/model/deploy.hpp"
#include "core/model/plan.hpp"

#include <functional>
#include <memory>

namespace kontena::reconciler {

/// How an applied plan has come out.
struct Verdict {
    enum class Outcome {
        pending,
        good,       ///< all that it wanted was deployed
        failed,     ///< one of its deploys failed: the first one, in the order of the plan
        superseded, ///< a newer change took over before it was done
    };

    Outcome outcome = Outcome::pending;
    std::shared_ptr<model::Deploy const> failure; ///< the deploy that failed
};

using FindDeploy = std::function<std::shared_ptr<model::Deploy const>(core::DeployId const&)>;

Verdict judge_plan(model::Plan const& plan, FindDeploy const& find);

} // namespace kontena::reconciler
