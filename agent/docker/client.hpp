#pragma once

#include "agent/docker/streams.hpp"
#include "agent/docker/types.hpp"
#include "core/async/asio.hpp"
#include "core/base/result.hpp"
#include "core/base/secret.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kontena::agent::docker {

using core::Result;

/// What happens in the engine, as it happens.
class EventStream {
public:
    virtual ~EventStream() = default;
    /// The next event; Errc::timeout when none came within `idle` (the stream goes on),
    /// Errc::unavailable when the stream has ended.
    virtual awaitable<Result<Event>> next(core::Millis idle) = 0;
};

/// A command that runs in a container, with its input and output. With a terminal all output is on
/// Channel::out.
class ExecStream {
public:
    virtual ~ExecStream() = default;
    /// Empty when the command has closed its output.
    virtual awaitable<Result<std::optional<Output>>> read(core::Millis idle) = 0;
    virtual awaitable<Result<void>> write(std::string bytes, core::Millis limit) = 0;
};

using Progress = std::function<void(PullProgress const&)>;

/// A Docker Engine. Errors carry the engine's own message: not_found, conflict, invalid, internal
/// by its status; unavailable when it cannot be reached, timeout when it does not answer. `id` is
/// the id or the name of a container.
class Client {
public:
    virtual ~Client() = default;

    virtual awaitable<Result<Version>> version() = 0;
    virtual awaitable<Result<SystemInfo>> info() = 0;
    /// Events about containers that carry `label`, since that time (seconds, with a fraction;
    /// empty = from now).
    virtual awaitable<Result<std::unique_ptr<EventStream>>>
    events(std::string label, std::string since) = 0;

    /// All containers, running or not, that carry `label`.
    virtual awaitable<Result<std::vector<ContainerSummary>>> list(std::string label) = 0;
    virtual awaitable<Result<ContainerDetails>> inspect(std::string id) = 0;
    /// Returns the id.
    virtual awaitable<Result<std::string>> create(std::string name, ContainerConfig config) = 0;
    virtual awaitable<Result<void>> start(std::string id) = 0;
    /// Sends the stop signal, and KILL after `grace`. Returns when it has stopped; no error if it
    /// already was.
    virtual awaitable<Result<void>> stop(std::string id, core::Seconds grace) = 0;
    virtual awaitable<Result<void>> kill(std::string id, std::string signal) = 0;
    virtual awaitable<Result<void>> remove(std::string id, bool anonymous_volumes) = 0;
    /// Returns the exit code once it has ended.
    virtual awaitable<Result<int>> wait(std::string id, core::Millis limit) = 0;
    virtual awaitable<Result<std::vector<std::string>>>
    log_tail(std::string id, std::size_t lines) = 0;

    /// `auth` is the X-Registry-Auth value, empty for none.
    virtual awaitable<Result<void>>
    pull(std::string image, core::Secret<std::string> auth, Progress progress) = 0;
    virtual awaitable<Result<ImageDetails>> inspect_image(std::string image) = 0;

    /// The existing one if there is one of that name.
    virtual awaitable<Result<Volume>>
    create_volume(std::string name, std::map<std::string, std::string> labels) = 0;
    virtual awaitable<Result<Volume>> inspect_volume(std::string name) = 0;

    /// Returns the id of the exec.
    virtual awaitable<Result<std::string>> exec_create(std::string id, ExecConfig config) = 0;
    virtual awaitable<Result<std::unique_ptr<ExecStream>>>
    exec_start(std::string exec, bool terminal) = 0;
    virtual awaitable<Result<ExecDetails>> exec_inspect(std::string exec) = 0;
    virtual awaitable<Result<void>> exec_resize(std::string exec, int width, int height) = 0;
};

} // namespace kontena::agent::docker
