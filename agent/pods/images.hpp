#pragma once

#include "agent/docker/client.hpp"
#include "agent/pods/limiter.hpp"
#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace kontena::agent {

/// Pulls each image once per revision of a service, however many instances want it, and a few
/// images at a time. A tag may have moved, so that an image which is there already is asked for all
/// the same; if the registry then fails, the local one does.
class Images {
public:
    /// `docker` outlives it.
    Images(asio::any_io_executor executor, docker::Client& docker);

    /// Returns when the image is there. `purpose` names who wants it: the same purpose is not
    /// pulled for twice. A caller that is cancelled leaves the pull going on for the others.
    awaitable<core::Result<void>> ensure(std::string image, std::string purpose);

    /// The image turned out to be missing: the next ensure() pulls again.
    void forget(std::string const& image, std::string const& purpose);

    awaitable<void> stop();

private:
    struct Flight;
    using Clock = std::chrono::steady_clock;

    awaitable<void> pull(std::shared_ptr<Flight> flight, std::string image);
    awaitable<core::Result<void>> pull_or_local(std::string image, Flight* flight);
    void prune();

    docker::Client& docker_;
    asio::any_io_executor executor_;
    Limiter pulls_;
    std::map<std::string, std::shared_ptr<Flight>> flights_;
    async::TaskGroup tasks_;
};

} // namespace kontena::agent
