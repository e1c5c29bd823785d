#include "cli/client/fetch.hpp"

#include "cli/client/blocking.hpp"
#include "core/net/http_client.hpp"

#include <fmt/format.h>

namespace kontena::cli {

using core::Errc;
using core::Result;

namespace {

constexpr core::Millis kLimit{30'000};
constexpr std::size_t kMaxBody = 4UL * 1024 * 1024;
constexpr int kMaxRedirects = 5;

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// The address that a `Location` field means.
std::string absolute(net::Url const& base, std::string const& location) {
    if (location.find("://") != std::string::npos) return location;
    auto const path = location.starts_with('/') ? location : "/" + location;
    return fmt::format("{}://{}{}", base.scheme, base.authority(), path);
}

awaitable<Result<net::HttpResponse>> get(net::Url url, std::string accept) {
    net::HttpClientOptions options{.host = url.authority(), .headers = {}, .max_body = kMaxBody};
    net::HttpClient client(net::connector_for(url, net::TlsClientOptions{}), std::move(options));
    net::HttpRequest request{.target = url.target(), .headers = {{"Accept", accept}}, .body = {}};
    auto reply = co_await client.request(std::move(request), kLimit);
    co_return reply;
}

awaitable<Result<std::string>> follow(std::string address, std::string accept) {
    bool secure = false;
    for (int hop = 0; hop <= kMaxRedirects; ++hop) {
        KCO_TRY(auto const url, net::parse_url(address));
        if (url.scheme != "http" && url.scheme != "https")
            co_return core::fail(
                Errc::unsupported, fmt::format("{}: only http and https are fetched", address)
            );
        if (secure && !url.secure())
            co_return core::fail(
                Errc::denied, fmt::format("{}: leads from https to http", address)
            );
        secure = url.secure();
        auto reply = co_await get(url, accept);
        if (!reply) co_return std::move(reply.error()).with_context("fetching " + url.str());
        if (reply->ok()) co_return std::move(reply->body);
        auto const location = reply->headers.get("Location");
        if (!is_redirect(reply->status) || !location)
            co_return core::fail(
                net::errc_of_status(reply->status),
                fmt::format(
                    "{}: {} {}", url.str(), reply->status, net::reason_phrase(reply->status)
                )
            );
        address = absolute(url, *location);
    }
    co_return core::fail(Errc::unavailable, fmt::format("{}: too many redirects", address));
}

} // namespace

Result<std::string> fetch_url(std::string const& url, std::string const& accept) {
    return wait_for(follow(url, accept));
}

} // namespace kontena::cli
