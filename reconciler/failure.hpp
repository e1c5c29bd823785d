#pragma once

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/model/deploy.hpp"
#include "core/model/service.hpp"

#include <optional>

/// What follows when a deploy fails.
namespace kontena::reconciler {

/// The policy that holds for a deploy: the one of its spec, or the one that suits its cause.
model::OnFailure on_failure(model::ServiceSpec const& spec, model::Deploy const& deploy);

/// A service's next spec, or the return to one that it had; its number is higher than any other.
std::int64_t next_spec_number(model::Service const& service);

/// A service that got another spec, and the deploy that brings it about.
struct Redeploy {
    model::Service service;
    model::Deploy deploy;
};

/// The next deploy of a service.
Redeploy redeploy(model::Service service, model::Cause cause, core::TimePoint now);

/// Back to the last spec whose deploy succeeded. What still runs that spec keeps its containers.
/// Empty when there is none, or when the failed deploy was itself a way back.
std::optional<Redeploy>
rollback(model::Service const& service, model::Deploy const& failed, core::TimePoint now);

/// What a person does to the newest deploy of a service. Pause: nothing more is started or replaced
/// until it is resumed. Resume: it goes on, or one that failed is tried again. Abort: it fails, and
/// what follows is the matter of its policy. Errc::conflict when that makes no sense now.
core::Result<Redeploy> pause(
    model::Service const& service,
    model::Deploy const& deploy,
    model::Cause const& cause,
    core::TimePoint now
);
core::Result<Redeploy> resume(
    model::Service const& service,
    model::Deploy const& deploy,
    model::Cause const& cause,
    core::TimePoint now
);
core::Result<Redeploy> abort(
    model::Service const& service,
    model::Deploy const& deploy,
    model::Cause const& cause,
    core::TimePoint now
);

} // namespace kontena::reconciler
