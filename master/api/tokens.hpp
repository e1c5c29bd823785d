#pragma once

#include "core/async/clock.hpp"
#include "master/api/router.hpp"
#include "master/config.hpp"
#include "master/store/store.hpp"

namespace kontena::master {

/// The caller by `Authorization: Bearer TOKEN`; expired and unknown tokens are refused.
core::Result<Caller>
authenticate(State const& state, net::HttpRequest const& request, core::TimePoint now);

/// Makes sure that somebody can use a new master: stores the token that the configuration gives, or
/// else, when the store has none, makes one and writes it to `admin.token` in the data folder.
awaitable<core::Result<void>>
ensure_admin_token(Store& store, async::Clock const& clock, Config const& config);

} // namespace kontena::master
