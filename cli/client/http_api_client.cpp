#include "cli/client/http_api_client.hpp"

#include "core/json/codec.hpp"
#include "core/net/http_client.hpp"

#include <fmt/format.h>

namespace kontena::cli {

using core::Errc;
using core::Millis;
using core::Result;

namespace {

constexpr Millis kBodyLimit{60'000}; ///< for the rest of an answer that has begun
constexpr std::size_t kMaxBody = 64UL * 1024 * 1024;
constexpr Millis kStreamIdle{60'000}; ///< the master sends blanks more often
constexpr std::size_t kMaxLine = 1024 * 1024;
constexpr std::size_t kTracedBytes = 2000;

class HttpApiClient final : public ApiClient {
public:
    HttpApiClient(net::Url url, HttpApiOptions options)
        : base_(url.path == "/" ? "" : url.path)
        , shown_(url.str())
        , trace_(std::move(options.trace))
        , http_(net::connector_for(url, tls(options.trust)), http_options(url, options.token)) {}

    awaitable<Result<boost::json::value>> request(ApiRequest request) override {
        auto message = make(request.method, request.path);
        if (request.body) {
            message.headers.set("Content-Type", "application/json");
            message.body = json::serialize(*request.body);
        }
        trace("[Request]", fmt::format("{} {}", message.method, message.target), message.body);
        auto const target = message.target;
        bool const reads = message.method == "GET";
        auto opened = co_await http_.open_stream(std::move(message), request.limit);
        if (!opened) co_return failed(std::move(opened.error()), request.limit, reads);
        auto const status = opened->status();
        bool const ok = opened->ok();
        auto body = co_await opened->read_all(kMaxBody, kBodyLimit);
        if (!body) co_return failed(std::move(body.error()), kBodyLimit, reads);
        trace("[Response]", fmt::format("{} {}", status, target), *body);
        if (!ok) co_return error_of_reply(status, *body, target);
        if (body->empty()) co_return boost::json::value(nullptr);
        auto value = json::parse(*body);
        if (!value)
            co_return core::fail(
                Errc::corrupt, fmt::format("the reply of {} to {} is not JSON", shown_, target)
            );
        co_return std::move(*value);
    }

    awaitable<Result<>>
    follow(std::string path, std::function<bool(std::string_view)> line) override {
        auto message = make("GET", path);
        auto const target = message.target;
        trace("[Request]", fmt::format("GET {}", target), "");
        auto opened = co_await http_.open_stream(std::move(message), kOrdinaryLimit);
        if (!opened) co_return failed(std::move(opened.error()), kOrdinaryLimit, true);
        if (!opened->ok()) {
            auto body = co_await opened->read_all(kMaxLine, kBodyLimit);
            co_return error_of_reply(opened->status(), body ? *body : "", target);
        }
        std::string rest;
        for (;;) {
            auto chunk = co_await opened->next_chunk(kStreamIdle);
            if (!chunk) co_return failed(std::move(chunk.error()), kStreamIdle, true);
            if (!*chunk) co_return core::fail(Errc::unavailable, "the master ended the stream");
            rest += **chunk;
            for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
                auto const text = rest.substr(0, end);
                rest.erase(0, end + 1);
                if (text.find_first_not_of(" \r") == std::string::npos) continue;
                if (!line(text)) co_return Result<>();
            }
            if (rest.find_first_not_of(' ') == std::string::npos) rest.clear();
            if (rest.size() > kMaxLine)
                co_return core::fail(Errc::corrupt, "a line of the stream is too long");
        }
    }

private:
    static net::TlsClientOptions tls(Trust const& trust) {
        return {.ca_file = trust.ca_file, .verify = trust.verify};
    }

    static net::HttpClientOptions http_options(net::Url const& url, std::string const& token) {
        net::HttpClientOptions out;
        out.host = url.authority();
        out.headers.add("Accept", "application/json");
        out.headers.add("User-Agent", "kontena-cli/" KONTENA_VERSION);
        if (!token.empty()) out.headers.add("Authorization", "Bearer " + token);
        return out;
    }

    net::HttpRequest make(std::string method, std::string const& path) const {
        auto const relative = path.starts_with('/') ? path : "/v1/" + path;
        return {.method = std::move(method), .target = base_ + relative};
    }

    core::Error failed(core::Error error, Millis limit, bool reads) const {
        if (error.code == Errc::timeout)
            return core::fail(
                Errc::timeout,
                fmt::format(
                    "the master {} does not answer: nothing came within {}{}. Does it run, and is "
                    "its machine not overloaded?",
                    shown_,
                    core::format_duration(limit),
                    reads ? "" : ", and whether it did what was asked is not known"
                )
            );
        return std::move(error).with_context(fmt::format("talking to the master {}", shown_));
    }

    void trace(std::string_view kind, std::string const& what, std::string_view body) const {
        if (trace_) trace_(fmt::format("{} {} {}", kind, what, body.substr(0, kTracedBytes)));
    }

    std::string base_;
    std::string shown_;
    std::function<void(std::string const&)> trace_;
    net::HttpClient http_;
};

} // namespace

Result<std::unique_ptr<ApiClient>> make_http_client(HttpApiOptions options) {
    auto url = net::parse_url(options.url);
    if (!url || (url->scheme != "http" && url->scheme != "https"))
        return core::fail(
            Errc::invalid,
            fmt::format("'{}' is not the URL of a master: write https://HOST:PORT", options.url)
        );
    return std::make_unique<HttpApiClient>(std::move(*url), std::move(options));
}

} // namespace kontena::cli
