#pragma once

#include "core/async/asio.hpp"
#include "master/store/store.hpp"

#include <optional>

namespace kontena::master {

/// The state as one service and the nodes of its grid were at a time: what changed since is taken
/// back, as the journal knows it. Everything else in it is as it is now. Errc::not_found when the
/// journal does not go back to that time.
awaitable<core::Result<State>> state_at(Store& store, core::ServiceId service, core::TimePoint at);

/// The removal of a service that is not there, as the journal knows it; only until that time.
awaitable<core::Result<std::optional<JournalRow>>>
removal_of(Store& store, core::ServiceId service, std::optional<core::TimePoint> until);

} // namespace kontena::master
