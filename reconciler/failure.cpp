#include "reconciler/failure.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::reconciler {

model::OnFailure on_failure(model::ServiceSpec const& spec, model::Deploy const& deploy) {
    if (spec.deploy_opts.on_failure) return *spec.deploy_opts.on_failure;
    // Also when a person asked to look at the repository now.
    bool const from_git =
        deploy.cause.kind == model::CauseKind::commit || !deploy.cause.commit.empty();
    return from_git ? model::OnFailure::rollback : model::OnFailure::pause;
}

std::int64_t next_spec_number(model::Service const& service) {
    std::int64_t highest = 0;
    for (auto const& spec : service.specs) highest = std::max(highest, spec.number);
    return highest + 1;
}

Redeploy redeploy(model::Service service, model::Cause cause, core::TimePoint now) {
    service.deploys += 1;
    service.updated_at = now;
    model::Deploy deploy{
        .id = model::deploy_id(service.id, service.deploys),
        .service = service.id,
        .revision = service.current().number,
        .cause = std::move(cause),
        .created_at = now,
    };
    return {std::move(service), std::move(deploy)};
}

std::optional<Redeploy>
rollback(model::Service const& service, model::Deploy const& failed, core::TimePoint now) {
    auto const good = std::ranges::find(service.specs, service.good, &model::SpecRevision::number);
    bool const possible = good != service.specs.end() && service.good != failed.revision &&
                          failed.rollback_of.empty();
    if (!possible) return std::nullopt;
    model::Cause cause{.kind = model::CauseKind::observation, .actor = "master"};
    cause.detail = fmt::format("deploy {} failed: {}", failed.id.leaf(), failed.reason);
    cause.source = failed.cause.source;
    cause.commit = failed.cause.commit;
    auto next = service;
    auto const at = next.specs.begin() + (good - service.specs.begin());
    std::rotate(at, at + 1, next.specs.end());
    next.cause = cause;
    auto out = redeploy(std::move(next), std::move(cause), now);
    out.deploy.rollback_of = failed.id;
    out.deploy.plan = failed.plan;
    return out;
}

namespace {

core::Error ended(model::Deploy const& deploy, std::string_view verb) {
    return core::fail(
        core::Errc::conflict,
        fmt::format(
            "deploy {} has ended ({}) and cannot be {}",
            deploy.id.leaf(),
            deploy.state == model::DeployState::success ? "it succeeded" : "it failed",
            verb
        )
    );
}

} // namespace

core::Result<Redeploy> pause(
    model::Service const& service,
    model::Deploy const& deploy,
    model::Cause const& cause,
    core::TimePoint
) {
    if (deploy.finished()) return ended(deploy, "paused");
    Redeploy out{service, deploy};
    out.deploy.paused = true;
    out.deploy.reason = fmt::format("paused by {}", cause.actor);
    return out;
}

core::Result<Redeploy> resume(
    model::Service const& service,
    model::Deploy const& deploy,
    model::Cause const& cause,
    core::TimePoint now
) {
    if (!deploy.finished() && !deploy.paused)
        return core::fail(
            core::Errc::conflict, fmt::format("deploy {} is not paused", deploy.id.str())
        );
    if (!deploy.finished()) {
        Redeploy out{service, deploy};
        out.deploy.paused = false;
        // The time that it was paused is nobody's delay.
        if (out.deploy.started_at) out.deploy.started_at = now;
        for (auto& instance : out.deploy.instances) instance.started_at = now;
        return out;
    }
    if (!deploy.failure) return ended(deploy, "resumed");
    auto next = service;
    next.specs.push_back({next_spec_number(service), service.current().spec, now, cause});
    return redeploy(std::move(next), cause, now);
}

core::Result<Redeploy> abort(
    model::Service const& service,
    model::Deploy const& deploy,
    model::Cause const& cause,
    core::TimePoint
) {
    if (deploy.finished()) return ended(deploy, "aborted");
    Redeploy out{service, deploy};
    out.deploy.aborted_by = cause.actor;
    return out;
}

} // namespace kontena::reconciler
