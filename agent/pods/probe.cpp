#include "agent/pods/probe.hpp"

#include "core/net/http_client.hpp"

#include <fmt/format.h>

namespace kontena::agent {
namespace {

using reconciler::node::ProbeResult;

constexpr core::Millis kPortLimit{1000};

awaitable<core::Result<void>> check_port(std::string host, std::uint16_t port, core::Millis limit) {
    KCO_TRY(auto const stream, co_await net::connect_tcp(std::move(host), port, limit));
    stream->close();
    co_return core::Result<void>();
}

awaitable<core::Result<void>> check_http(std::string host, model::HealthCheck check) {
    auto const limit = core::Millis(core::Seconds(check.timeout));
    net::HttpClientOptions options{.host = fmt::format("{}:{}", host, check.port)};
    options.connect_limit = limit;
    net::HttpClient client(net::tcp_connector(host, check.port), std::move(options));
    net::HttpRequest request;
    request.target = check.uri;
    request.headers = {{"User-Agent", "Kontena-Agent/" KONTENA_VERSION}, {"Connection", "close"}};
    KCO_TRY(auto const answer, co_await client.open_stream(std::move(request), limit));
    if (answer.status() >= 200 && answer.status() < 400) co_return core::Result<void>();
    co_return core::fail(
        core::Errc::unavailable,
        fmt::format("GET port {} {}: status {}", check.port, check.uri, answer.status())
    );
}

awaitable<core::Result<void>> check_health(std::string host, model::HealthCheck check) {
    if (check.protocol == model::HealthProtocol::http) return check_http(std::move(host), check);
    return check_port(std::move(host), check.port, core::Seconds(check.timeout));
}

} // namespace

awaitable<ProbeResult> probe(reconciler::node::Probe what) {
    ProbeResult out;
    if (what.address.empty()) {
        out.reason = "the container has no address";
        if (what.health) out.healthy = false;
        out.port_open = !what.port;
        co_return out;
    }
    if (what.port) {
        auto const open = co_await check_port(what.address, *what.port, kPortLimit);
        if (!open) {
            out.reason = core::to_string(open.error());
            co_return out;
        }
    }
    out.port_open = true;
    if (!what.health) co_return out;
    auto const healthy = co_await check_health(what.address, *what.health);
    out.healthy = healthy.has_value();
    if (!healthy) out.reason = core::to_string(healthy.error());
    co_return out;
}

} // namespace kontena::agent
