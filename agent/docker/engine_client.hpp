#pragma once

#include "agent/docker/client.hpp"
#include "core/net/http_client.hpp"

#include <string>

namespace kontena::agent::docker {

/// The Docker Engine API over HTTP. Speaks 1.41, or the nearest version that the engine has.
class EngineClient final : public Client {
public:
    /// `address` is a unix, http or https URL, as Docker has it (`tcp` counts as http).
    static Result<std::unique_ptr<EngineClient>> open(std::string const& address);

    explicit EngineClient(net::Connector connector);

    awaitable<Result<Version>> version() override;
    awaitable<Result<SystemInfo>> info() override;
    awaitable<Result<std::unique_ptr<EventStream>>>
    events(std::string label, std::string since) override;
    awaitable<Result<std::vector<ContainerSummary>>> list(std::string label) override;
    awaitable<Result<ContainerDetails>> inspect(std::string id) override;
    awaitable<Result<std::string>> create(std::string name, ContainerConfig config) override;
    awaitable<Result<void>> start(std::string id) override;
    awaitable<Result<void>> stop(std::string id, core::Seconds grace) override;
    awaitable<Result<void>> kill(std::string id, std::string signal) override;
    awaitable<Result<void>> remove(std::string id, bool anonymous_volumes) override;
    awaitable<Result<int>> wait(std::string id, core::Millis limit) override;
    awaitable<Result<std::vector<std::string>>>
    log_tail(std::string id, std::size_t lines) override;
    awaitable<Result<void>>
    pull(std::string image, core::Secret<std::string> auth, Progress progress) override;
    awaitable<Result<ImageDetails>> inspect_image(std::string image) override;
    awaitable<Result<Volume>>
    create_volume(std::string name, std::map<std::string, std::string> labels) override;
    awaitable<Result<Volume>> inspect_volume(std::string name) override;
    awaitable<Result<std::string>> exec_create(std::string id, ExecConfig config) override;
    awaitable<Result<std::unique_ptr<ExecStream>>>
    exec_start(std::string exec, bool terminal) override;
    awaitable<Result<ExecDetails>> exec_inspect(std::string exec) override;
    awaitable<Result<void>> exec_resize(std::string exec, int width, int height) override;

private:
    /// Agrees on a version with the engine, once; again when events() connects, because the engine
    /// may have been another one since.
    awaitable<Result<void>> negotiate();
    awaitable<Result<net::HttpResponse>> call(net::HttpRequest request, core::Millis limit);
    template <class T>
    awaitable<Result<T>> ask(net::HttpRequest request, core::Millis limit);
    awaitable<Result<void>> tell(net::HttpRequest request, core::Millis limit);
    awaitable<Result<net::StreamingResponse>> stream(net::HttpRequest request);

    net::HttpClient http_;
    std::string prefix_; ///< `/v1.41`; empty until negotiated
};

/// The version to speak with an engine that has from `oldest` to `newest`.
std::string choose_api_version(std::string_view oldest, std::string_view newest);

} // namespace kontena::agent::docker
