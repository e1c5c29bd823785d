#pragma once

#include "core/async/asio.hpp"
#include "reconciler/node/pod.hpp"

namespace kontena::agent {

/// Checks the gates of a container once: its port, and when that is open its health. As long as
/// the health check's timeout at most.
awaitable<reconciler::node::ProbeResult> probe(reconciler::node::Probe what);

} // namespace kontena::agent
