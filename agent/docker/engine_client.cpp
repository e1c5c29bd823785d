#include "agent/docker/engine_client.hpp"

#include "core/async/timeout.hpp"
#include "core/base/strings.hpp"
#include "core/json/codec.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace kontena::agent::docker {
namespace {

using core::Errc;
using core::fail;
using core::Millis;
using core::Seconds;

constexpr Millis kQuick{30'000};     ///< look-ups
constexpr Millis kWork{120'000};     ///< what makes the engine work: create, start, remove
constexpr Millis kPullIdle{300'000}; ///< between two lines of a pull's progress
constexpr Millis kPullHead{120'000}; ///< the engine answers once it has the manifest
constexpr std::size_t kMaxEvent = 1024 * 1024;
constexpr std::size_t kMaxProgressLine = 64 * 1024;
constexpr std::size_t kMaxLog = 256 * 1024;
constexpr std::size_t kMaxLogLine = 500;
constexpr std::size_t kMaxRefusal = 64 * 1024;
constexpr std::size_t kExecPiece = 16 * 1024;

Errc code_of(int status) {
    switch (status) {
    case 400:
        return Errc::invalid;
    case 401:
    case 403:
        return Errc::denied;
    case 404:
        return Errc::not_found;
    case 409:
        return Errc::conflict;
    case 501:
        return Errc::unsupported;
    default: // 5xx is an answer about this request: the engine itself is there
        return Errc::internal;
    }
}

core::Error refusal(int status, std::string_view body) {
    auto message = error_message(body);
    if (message.empty()) message = fmt::format("the engine answered with status {}", status);
    return fail(code_of(status), std::move(message));
}

/// A failure of the transport, told apart from an answer.
core::Error unreachable(core::Error error) {
    if (error.code == Errc::timeout || error.code == Errc::invalid) return error;
    error.code = Errc::unavailable;
    error.message = "the Docker Engine cannot be reached: " + error.message;
    return error;
}

net::HttpRequest get(std::string target) {
    net::HttpRequest out;
    out.target = std::move(target);
    return out;
}

net::HttpRequest post(std::string target, std::string body = {}) {
    net::HttpRequest out{.method = "POST", .target = std::move(target)};
    if (!body.empty()) out.headers.add("Content-Type", "application/json");
    out.body = std::move(body);
    return out;
}

std::string container_path(std::string const& id, std::string_view rest) {
    return fmt::format("/containers/{}{}", net::percent_encode(id), rest);
}

std::string label_filter(std::string const& label) {
    boost::json::object filters;
    filters.emplace("label", boost::json::array{boost::json::string(label)});
    return net::percent_encode(json::serialize(filters));
}

/// Percent-encodes all but the slashes, which separate the parts of an image's name.
std::string image_path(std::string_view image) {
    std::string out;
    for (auto const part : core::split(image, '/'))
        out += (out.empty() ? "" : "/") + net::percent_encode(part);
    return out;
}

int minor_of(std::string_view version) {
    if (!version.starts_with("1.")) return 0;
    version.remove_prefix(2);
    int out = 0;
    std::from_chars(version.data(), version.data() + version.size(), out);
    return out;
}

/// Lines of JSON, one document each.
class JsonLines {
public:
    JsonLines(net::StreamingResponse body, std::size_t max_line)
        : body_(std::move(body))
        , lines_(max_line) {}

    /// Empty at the end.
    awaitable<Result<std::optional<std::string>>> next(Millis idle) {
        while (at_ == ready_.size()) {
            ready_.clear();
            at_ = 0;
            if (ended_) co_return std::optional<std::string>();
            KCO_TRY(auto const chunk, co_await body_.next_chunk(idle));
            if (chunk) {
                KCO_CHECK(lines_.feed(*chunk, ready_));
                continue;
            }
            ended_ = true;
            if (auto rest = lines_.rest()) ready_.push_back(std::move(*rest));
        }
        co_return std::optional<std::string>(std::move(ready_[at_++]));
    }

private:
    net::StreamingResponse body_;
    Lines lines_;
    std::vector<std::string> ready_;
    std::size_t at_ = 0;
    bool ended_ = false;
};

class EngineEvents final : public EventStream {
public:
    explicit EngineEvents(net::StreamingResponse body)
        : lines_(std::move(body), kMaxEvent) {}

    awaitable<Result<Event>> next(Millis idle) override {
        KCO_TRY(auto const line, co_await lines_.next(idle));
        if (!line) co_return fail(Errc::unavailable, "the engine ended its stream of events");
        co_return json::decode_text<Event>(*line);
    }

private:
    JsonLines lines_;
};

class HijackedExec final : public ExecStream {
public:
    HijackedExec(net::StreamPtr stream, bool terminal)
        : stream_(std::move(stream))
        , terminal_(terminal) {}

    awaitable<Result<std::optional<Output>>> read(Millis idle) override {
        return async::with_timeout(next(), idle, "waiting for output");
    }

    awaitable<Result<void>> write(std::string bytes, Millis limit) override {
        return async::with_timeout(send(std::move(bytes)), limit, "writing input");
    }

private:
    awaitable<Result<std::optional<Output>>> next() {
        while (at_ == ready_.size()) {
            ready_.clear();
            at_ = 0;
            boost::system::error_code ec;
            auto const count = co_await stream_->async_read_some(
                asio::buffer(piece_), asio::redirect_error(asio::use_awaitable, ec)
            );
            if (ec == asio::error::eof) co_return std::optional<Output>();
            if (ec) co_return fail(Errc::unavailable, "the exec stream broke: " + ec.message());
            std::string_view const bytes(piece_.data(), count);
            if (terminal_) {
                ready_.push_back({Channel::out, std::string(bytes)});
            } else {
                KCO_CHECK(frames_.feed(bytes, ready_));
            }
        }
        co_return std::optional<Output>(std::move(ready_[at_++]));
    }

    awaitable<Result<void>> send(std::string bytes) {
        boost::system::error_code ec;
        co_await asio::async_write(
            *stream_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ec)
        );
        if (ec) co_return fail(Errc::unavailable, "the exec stream broke: " + ec.message());
        co_return Result<void>();
    }

    net::StreamPtr stream_;
    bool terminal_;
    Demultiplexer frames_;
    std::vector<Output> ready_;
    std::size_t at_ = 0;
    std::array<char, kExecPiece> piece_{};
};

net::HttpClientOptions http_options() {
    return {
        .host = "docker",
        .headers = {{"User-Agent", "kontena-agent/" KONTENA_VERSION}},
        .max_idle_connections = 8,
        .connect_limit = Millis{10'000},
    };
}

} // namespace

std::string ContainerSummary::name() const {
    for (std::string_view const name : Names) {
        auto const bare = name.starts_with('/') ? name.substr(1) : name;
        if (bare.find('/') == std::string_view::npos) return std::string(bare);
    }
    return {};
}

std::string choose_api_version(std::string_view oldest, std::string_view newest) {
    constexpr int wanted = 41;
    auto const high = minor_of(newest);
    auto const low = minor_of(oldest);
    auto const minor = high == 0 ? wanted : std::max(low, std::min(wanted, high));
    return fmt::format("1.{}", minor);
}

Result<std::unique_ptr<EngineClient>> EngineClient::open(std::string const& address) {
    auto text = address;
    if (text.starts_with("tcp://")) text.replace(0, 3, "http");
    KTRY(auto const url, net::parse_url(text));
    return std::make_unique<EngineClient>(net::connector_for(url, {}));
}

EngineClient::EngineClient(net::Connector connector)
    : http_(std::move(connector), http_options()) {}

awaitable<Result<void>> EngineClient::negotiate() {
    auto answer = co_await http_.request(get("/version"), kQuick);
    if (!answer) co_return unreachable(std::move(answer).error());
    if (!answer->ok()) co_return refusal(answer->status, answer->body);
    KCO_TRY(auto const found, json::decode_text<Version>(answer->body));
    prefix_ = "/v" + choose_api_version(found.MinAPIVersion, found.ApiVersion);
    co_return Result<void>();
}

awaitable<Result<net::HttpResponse>> EngineClient::call(net::HttpRequest request, Millis limit) {
    if (prefix_.empty()) KCO_CHECK(co_await negotiate());
    request.target = prefix_ + request.target;
    auto answer = co_await http_.request(std::move(request), limit);
    if (!answer) co_return unreachable(std::move(answer).error());
    if (answer->ok() || answer->status == 304) co_return std::move(*answer);
    co_return refusal(answer->status, answer->body);
}

template <class T>
awaitable<Result<T>> EngineClient::ask(net::HttpRequest request, Millis limit) {
    KCO_TRY(auto const answer, co_await call(std::move(request), limit));
    auto out = json::decode_text<T>(answer.body);
    if (!out) co_return std::move(out).error().with_context("reading the engine's answer");
    co_return std::move(*out);
}

awaitable<Result<void>> EngineClient::tell(net::HttpRequest request, Millis limit) {
    KCO_TRY(auto const answer, co_await call(std::move(request), limit));
    co_return Result<void>();
}

awaitable<Result<net::StreamingResponse>> EngineClient::stream(net::HttpRequest request) {
    if (prefix_.empty()) KCO_CHECK(co_await negotiate());
    request.target = prefix_ + request.target;
    auto answer = co_await http_.open_stream(std::move(request), kPullHead);
    if (!answer) co_return unreachable(std::move(answer).error());
    if (answer->ok()) co_return std::move(*answer);
    auto const body = co_await answer->read_all(kMaxRefusal, kQuick);
    co_return refusal(answer->status(), body ? *body : std::string{});
}

awaitable<Result<Version>> EngineClient::version() { return ask<Version>(get("/version"), kQuick); }

awaitable<Result<SystemInfo>> EngineClient::info() { return ask<SystemInfo>(get("/info"), kQuick); }

awaitable<Result<std::unique_ptr<EventStream>>>
EngineClient::events(std::string label, std::string since) {
    KCO_CHECK(co_await negotiate());
    boost::json::object filters;
    filters.emplace("type", boost::json::array{"container"});
    filters.emplace("label", boost::json::array{boost::json::string(label)});
    auto target = "/events?filters=" + net::percent_encode(json::serialize(filters));
    if (!since.empty()) target += "&since=" + net::percent_encode(since);
    KCO_TRY(auto body, co_await stream(get(std::move(target))));
    std::unique_ptr<EventStream> out = std::make_unique<EngineEvents>(std::move(body));
    co_return std::move(out);
}

awaitable<Result<std::vector<ContainerSummary>>> EngineClient::list(std::string label) {
    auto target = "/containers/json?all=1&filters=" + label_filter(label);
    return ask<std::vector<ContainerSummary>>(get(std::move(target)), kQuick);
}

awaitable<Result<ContainerDetails>> EngineClient::inspect(std::string id) {
    return ask<ContainerDetails>(get(container_path(id, "/json")), kQuick);
}

awaitable<Result<std::string>> EngineClient::create(std::string name, ContainerConfig config) {
    auto target = "/containers/create?name=" + net::percent_encode(name);
    auto request = post(std::move(target), json::encode_text(config));
    KCO_TRY(auto created, co_await ask<Created>(std::move(request), kWork));
    co_return std::move(created.Id);
}

awaitable<Result<void>> EngineClient::start(std::string id) {
    return tell(post(container_path(id, "/start")), kWork);
}

awaitable<Result<void>> EngineClient::stop(std::string id, Seconds grace) {
    auto const rest = fmt::format("/stop?t={}", grace.count());
    return tell(post(container_path(id, rest)), grace + kWork);
}

awaitable<Result<void>> EngineClient::kill(std::string id, std::string signal) {
    auto const rest = "/kill?signal=" + net::percent_encode(signal);
    return tell(post(container_path(id, rest)), kQuick);
}

awaitable<Result<void>> EngineClient::remove(std::string id, bool anonymous_volumes) {
    net::HttpRequest request{
        .method = "DELETE",
        .target = container_path(id, anonymous_volumes ? "?v=1" : "?v=0"),
    };
    return tell(std::move(request), kWork);
}

awaitable<Result<int>> EngineClient::wait(std::string id, Millis limit) {
    auto request = post(container_path(id, "/wait?condition=not-running"));
    KCO_TRY(auto const answer, co_await ask<WaitAnswer>(std::move(request), limit));
    if (answer.Error) co_return fail(Errc::internal, answer.Error->Message);
    co_return answer.StatusCode;
}

awaitable<Result<std::vector<std::string>>>
EngineClient::log_tail(std::string id, std::size_t lines) {
    auto const rest = fmt::format("/logs?stdout=1&stderr=1&tail={}", lines);
    KCO_TRY(auto body, co_await stream(get(container_path(id, rest))));
    Demultiplexer frames;
    std::vector<Output> pieces;
    std::string text;
    while (text.size() < kMaxLog) {
        KCO_TRY(auto const chunk, co_await body.next_chunk(kQuick));
        if (!chunk) break;
        pieces.clear();
        KCO_CHECK(frames.feed(*chunk, pieces));
        for (auto const& piece : pieces) text += piece.bytes;
    }
    co_return log_lines(text, lines, kMaxLogLine);
}

awaitable<Result<void>>
EngineClient::pull(std::string image, core::Secret<std::string> auth, Progress progress) {
    auto request = post("/images/create?fromImage=" + net::percent_encode(with_tag(image)));
    if (!auth.empty()) request.headers.add("X-Registry-Auth", auth.reveal());
    KCO_TRY(auto body, co_await stream(std::move(request)));
    JsonLines lines(std::move(body), kMaxProgressLine);
    while (true) {
        KCO_TRY(auto const line, co_await lines.next(kPullIdle));
        if (!line) co_return Result<void>();
        KCO_TRY(auto const step, json::decode_text<PullProgress>(*line));
        if (!step.error.empty()) co_return fail(Errc::internal, step.error);
        if (progress) progress(step);
    }
}

awaitable<Result<ImageDetails>> EngineClient::inspect_image(std::string image) {
    return ask<ImageDetails>(get(fmt::format("/images/{}/json", image_path(image))), kQuick);
}

awaitable<Result<Volume>>
EngineClient::create_volume(std::string name, std::map<std::string, std::string> labels) {
    Volume const wanted{.Name = std::move(name), .Driver = "local", .Labels = std::move(labels)};
    return ask<Volume>(post("/volumes/create", json::encode_text(wanted)), kWork);
}

awaitable<Result<Volume>> EngineClient::inspect_volume(std::string name) {
    return ask<Volume>(get("/volumes/" + net::percent_encode(name)), kQuick);
}

awaitable<Result<std::string>> EngineClient::exec_create(std::string id, ExecConfig config) {
    auto request = post(container_path(id, "/exec"), json::encode_text(config));
    KCO_TRY(auto created, co_await ask<Created>(std::move(request), kQuick));
    co_return std::move(created.Id);
}

awaitable<Result<std::unique_ptr<ExecStream>>>
EngineClient::exec_start(std::string exec, bool terminal) {
    if (prefix_.empty()) KCO_CHECK(co_await negotiate());
    auto const target = fmt::format("{}/exec/{}/start", prefix_, net::percent_encode(exec));
    auto request = post(target, json::encode_text(ExecStart{.Tty = terminal}));
    auto opened = co_await http_.upgrade(std::move(request), kQuick);
    if (!opened) co_return std::move(opened).error();
    std::unique_ptr<ExecStream> out =
        std::make_unique<HijackedExec>(std::move(opened->stream), terminal);
    co_return std::move(out);
}

awaitable<Result<ExecDetails>> EngineClient::exec_inspect(std::string exec) {
    return ask<ExecDetails>(get(fmt::format("/exec/{}/json", net::percent_encode(exec))), kQuick);
}

awaitable<Result<void>> EngineClient::exec_resize(std::string exec, int width, int height) {
    auto const target =
        fmt::format("/exec/{}/resize?w={}&h={}", net::percent_encode(exec), width, height);
    return tell(post(target), kQuick);
}

} // namespace kontena::agent::docker
