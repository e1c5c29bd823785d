#pragma once

#include "core/async/asio.hpp"
#include "core/async/clock.hpp"
#include "core/base/result.hpp"
#include "master/config.hpp"

#include <memory>

namespace kontena::master {

/// A whole master: the one place where its parts are made and put together.
class App {
public:
    App(asio::any_io_executor executor, Config config, async::Clock const& clock);
    App(App const&) = delete;
    App& operator=(App const&) = delete;
    ~App();

    /// Opens the store, then serves.
    awaitable<core::Result<void>> start();
    /// Ends everything in order; what is queued for the disk is written.
    awaitable<void> stop();

    /// The port that is served, for tests that ask for any.
    std::uint16_t port() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace kontena::master
