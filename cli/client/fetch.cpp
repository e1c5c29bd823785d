#include "cli/client/fetch.hpp"

#include "cli/client/blocking.hpp"
#include "core/base/strings.hpp"
#include "core/net/http_client.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::cli {

using core::Errc;
using core::Result;

namespace {

constexpr std::size_t kMaxBody = 4UL * 1024 * 1024;
constexpr int kMaxRedirects = 5;
constexpr std::size_t kStart = 256; ///< that shows what a text is

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// The address that a `Location` field means.
std::string absolute(net::Url const& base, std::string const& location) {
    if (location.find("://") != std::string::npos) return location;
    auto const path = base.target().substr(0, base.target().find_first_of("?#"));
    auto const folder = location.starts_with('/') ? "" : path.substr(0, path.rfind('/') + 1);
    return fmt::format("{}://{}{}{}", base.scheme, base.authority(), folder, location);
}

bool is_web_page(net::HttpResponse const& reply) {
    auto text = core::trim(std::string_view(reply.body).substr(0, kStart));
    std::string start(text);
    std::ranges::transform(start, start.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return start.starts_with("<!doctype html") || start.starts_with("<html") ||
           reply.headers.get("Content-Type").value_or("").starts_with("text/html");
}

/// There is no option here to name an authority with.
core::Error without_option(core::Error error) {
    constexpr std::string_view kAdvice = "; pass --ca FILE";
    if (!error.message.ends_with(kAdvice)) return error;
    error.message.resize(error.message.size() - kAdvice.size());
    error.message += "; SSL_CERT_FILE=FILE names the authority that signed it";
    return error;
}

awaitable<Result<net::HttpResponse>> get(net::Url url, std::string accept, core::Millis limit) {
    net::HttpClientOptions options{.host = url.authority(), .headers = {}, .max_body = kMaxBody};
    net::HttpClient client(net::connector_for(url, net::TlsClientOptions{}), std::move(options));
    net::HttpRequest request{.target = url.target(), .headers = {{"Accept", accept}}, .body = {}};
    auto reply = co_await client.request(std::move(request), limit);
    if (!reply)
        co_return without_option(std::move(reply.error())).with_context("fetching " + url.str());
    co_return reply;
}

Result<net::Url> address_of(std::string const& text) {
    if (text.starts_with("http://") || text.starts_with("https://")) return net::parse_url(text);
    return core::fail(Errc::unsupported, fmt::format("{}: only http and https are fetched", text));
}

Result<std::string> body_of(net::Url const& url, net::HttpResponse reply) {
    if (!reply.ok())
        return core::fail(
            net::errc_of_status(reply.status),
            fmt::format("{}: {} {}", url.str(), reply.status, net::reason_phrase(reply.status))
        );
    if (is_web_page(reply))
        return core::fail(
            Errc::invalid,
            fmt::format(
                "{}: is a web page, not a stack file: give the address of the file itself "
                "(\"raw\")",
                url.str()
            )
        );
    return std::move(reply.body);
}

awaitable<Result<std::string>> follow(std::string address, std::string accept, core::Millis limit) {
    bool secure = false;
    for (int hop = 0; hop <= kMaxRedirects; ++hop) {
        KCO_TRY(auto const url, address_of(address));
        if (secure && !url.secure())
            co_return core::fail(
                Errc::denied, fmt::format("{}: leads from https to http", address)
            );
        secure = url.secure();
        KCO_TRY(auto reply, co_await get(url, accept, limit));
        auto const location = reply.headers.get("Location");
        if (!is_redirect(reply.status) || !location) co_return body_of(url, std::move(reply));
        address = absolute(url, *location);
    }
    co_return core::fail(Errc::unavailable, fmt::format("{}: too many redirects", address));
}

} // namespace

Fetch fetch_over_network(core::Millis limit) {
    return [limit](std::string const& url, std::string const& accept) {
        return wait_for(follow(url, accept, limit));
    };
}

} // namespace kontena::cli
