#include "agent/link/link.hpp"

#include "agent/node_info.hpp"
#include "core/async/race.hpp"
#include "core/async/timeout.hpp"
#include "core/sys/log.hpp"

#include <utility>

namespace kontena::agent {

namespace log = sys::log;
using core::Errc;

namespace {

constexpr core::Millis kConnectLimit{4000};
constexpr core::Millis kSettleLimit{2000};
constexpr core::Millis kSettlePoll{20};
constexpr core::Millis kEngineRetry{1000};
constexpr core::Millis kEngineLimit{2000}; ///< when an older answer will do
constexpr core::Millis kCloseLimit{1000};
constexpr core::Millis kNodeInterval{60'000};
constexpr core::Seconds kRefusedUpgrade{30};
constexpr std::size_t kMaxMessage{64UL * 1024 * 1024};
constexpr std::uint16_t kNormalClosure = 1000;

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

} // namespace

struct Link::Connection {
    net::WebSocketPtr socket;
    Session session;
    async::Notifier news; ///< something to send, or to end for
    core::NodeId node;
    bool assigned = false; ///< a set has come in this session
    std::optional<Ending> ending;

    void end(Ending how) {
        if (!ending) ending = std::move(how);
    }
};

Link::Link(
    Config config,
    docker::Client& docker,
    async::Clock const& clock,
    AssignmentStore& store,
    Pods& pods,
    Reports& reports,
    AssignmentSetPtr held
)
    : config_(std::move(config))
    , docker_(docker)
    , clock_(clock)
    , store_(store)
    , pods_(pods)
    , reports_(reports)
    , held_(std::move(held))
    , reconnect_(now())
    , random_(std::random_device{}()) {}

awaitable<void> Link::run() {
    while (true) {
        auto const ending = co_await connect();
        if (ending.out_of_step) want_full_ = true;
        auto const delay = pause(ending);
        if (ending.reason != last_complaint_) {
            log::warn(
                "link",
                "not connected",
                {{"reason", ending.reason}, {"retry_in", core::format_duration(delay)}}
            );
            last_complaint_ = ending.reason;
        }
        co_await async::sleep_for(delay);
    }
}

core::Millis Link::pause(Ending const& ending) {
    std::uniform_real_distribution<double> jitter(0.0, 1.0);
    if (ending.retry_after)
        return reconnect_.after_refusal(now(), *ending.retry_after, jitter(random_));
    return reconnect_.after_failure(now(), jitter(random_));
}

/// What the engine says about itself; what it said last if it does not answer now.
awaitable<docker::SystemInfo> Link::know_engine() {
    bool complained = false;
    while (true) {
        auto asked = docker_.info();
        auto const limit = engine_ ? kEngineLimit : 10 * kEngineLimit;
        auto info = co_await async::with_timeout(std::move(asked), limit, "asking the engine");
        if (info) engine_ = std::move(*info);
        if (engine_) co_return *engine_;
        if (!complained)
            log::warn(
                "link", "waiting for the engine", {{"reason", core::to_string(info.error())}}
            );
        complained = true;
        co_await async::sleep_for(kEngineRetry);
    }
}

wire::Hello Link::hello(docker::SystemInfo const& engine) const {
    return {
        .engine_id = config_.node_id.empty() ? engine.ID : config_.node_id,
        .name = config_.name.empty() ? engine.Name : config_.name,
        .labels = config_.labels.empty() ? engine.Labels : config_.labels,
        .agent_version = KONTENA_VERSION,
        .seen_index = held_ && !want_full_ ? held_->index : 0,
    };
}

awaitable<Link::Ending> Link::connect() {
    auto const engine = co_await know_engine();
    auto url = config_.url;
    auto options = net::WebSocketOptions{.max_message = kMaxMessage};
    options.idle_limit = Session::kSilence;
    options.close_limit = kCloseLimit;
    auto socket = co_await net::connect_websocket(
        std::move(url), config_.token_header(), config_.tls, kConnectLimit, options
    );
    if (!socket) {
        Ending out{.reason = core::to_string(socket.error())};
        auto const code = socket.error().code;
        if (code == Errc::unauthenticated || code == Errc::denied || code == Errc::not_found)
            out.retry_after = kRefusedUpgrade;
        co_return out;
    }
    auto const executor = co_await asio::this_coro::executor;
    Connection connection{
        .socket = std::move(*socket),
        .session = Session(hello(engine), reports_.outbox(), now()),
        .news = async::Notifier(executor),
    };
    auto talk = async::race(read(&connection), write(&connection));
    co_await async::race(std::move(talk), report(&connection));
    co_await connection.socket->close(kNormalClosure, "");
    co_return connection.ending.value_or(Ending{.reason = "the connection ended"});
}

/// `connection` lives in connect(), which waits; so in the others.
awaitable<void> Link::read(Connection* connection) {
    while (!connection->ending) {
        auto message = co_await connection->socket->read();
        if (!message) {
            auto const& socket = *connection->socket;
            auto reason = core::to_string(message.error());
            if (!socket.close_reason().empty()) reason = socket.close_reason();
            connection->end({.reason = std::move(reason)});
            break;
        }
        connection->session.heard(now());
        if (message->binary) continue; // stream data; no stream was opened
        auto const done = co_await on_frame(connection, std::move(message->data));
        if (!done) {
            bool const out_of_step = done.error().code == Errc::conflict;
            connection->end({.reason = core::to_string(done.error()), .out_of_step = out_of_step});
        }
        connection->news.notify();
    }
}

awaitable<core::Result<void>> Link::on_frame(Connection* connection, std::string frame) {
    auto message = wire::decode(frame);
    if (!message && message.error().code == Errc::unsupported) {
        log::debug("link", "ignored", {{"reason", message.error().message}});
        co_return core::Result<void>();
    }
    if (!message) co_return std::move(message).error();
    auto verdict = connection->session.on_message(std::move(*message), now());
    if (auto* accepted = std::get_if<Session::Accepted>(&verdict)) {
        auto const& welcome = accepted->welcome;
        reconnect_.accepted(now());
        last_complaint_.clear();
        connection->node = welcome.node;
        log::info(
            "link",
            "connected",
            {{"node", welcome.node},
             {"number", welcome.node_number},
             {"epoch", welcome.epoch},
             {"master", welcome.master_version}}
        );
        pods_.identify(welcome.node);
    } else if (auto* refused = std::get_if<Session::Refused>(&verdict)) {
        connection->end(
            {.reason = "the master refuses this node: " + refused->answer.reason,
             .retry_after = core::Seconds(refused->answer.retry_after)}
        );
    } else if (auto* assigned = std::get_if<Session::Assigned>(&verdict)) {
        KCO_CHECK(co_await take(connection, std::move(assigned->assignments)));
    } else if (auto* broken = std::get_if<Session::Broken>(&verdict)) {
        co_return core::fail(Errc::corrupt, std::move(broken->reason));
    }
    co_return core::Result<void>();
}

/// On disk first, then acted on.
awaitable<core::Result<void>> Link::take(Connection* connection, wire::Assignments message) {
    if (message.full && connection->assigned && held_ && message.index < held_->index) {
        log::warn("link", "assignments out of order ignored", {{"index", message.index}});
        co_return core::Result<void>();
    }
    auto next = apply(held_, message, connection->node);
    if (!next) {
        log::error("link", "assignments refused", {{"reason", core::to_string(next.error())}});
        co_return std::move(next).error();
    }
    auto const saved = co_await store_.save(*next);
    if (!saved) {
        log::error(
            "link", "cannot keep the assignments", {{"reason", core::to_string(saved.error())}}
        );
        co_return core::fail(Errc::unavailable, saved.error().message);
    }
    held_ = *next;
    want_full_ = false;
    connection->assigned = true;
    log::info(
        "link",
        "assignments",
        {{"index", held_->index}, {"full", message.full}, {"instances", held_->pods.size()}}
    );
    pods_.assign(held_);
    co_return core::Result<void>();
}

awaitable<void> Link::write(Connection* connection) {
    auto& session = connection->session;
    while (!connection->ending) {
        auto const seen_news = connection->news.epoch();
        while (auto message = session.next(now(), clock_.now())) {
            auto const sent =
                co_await connection->socket->write(net::WsMessage::text(wire::encode(*message)));
            if (!sent) co_return connection->end({.reason = core::to_string(sent.error())});
        }
        if (auto reason = session.overdue(now())) co_return connection->end({.reason = *reason});
        auto const left = std::chrono::ceil<core::Millis>(session.wake_at() - now());
        co_await connection->news.wait_after(seen_news, std::max(left, core::Millis(1)));
    }
}

/// What the master has to be told: once all that exists, then each change.
awaitable<void> Link::report(Connection* connection) {
    auto& session = connection->session;
    while (!session.accepted()) {
        auto const seen = connection->news.epoch();
        co_await connection->news.wait_after(seen, kSettleLimit);
    }
    auto const peer = connection->socket->peer();
    auto told = node_info(*engine_, config_, peer);
    session.report_node({told});
    connection->news.notify();
    auto const patience = now() + kSettleLimit;
    // What was not asked for is not known: without the engine there is nothing to say.
    while (!pods_.listed() || (!pods_.settled() && now() < patience))
        co_await async::sleep_for(kSettlePoll);
    session.report_all(pods_.observations());
    connection->news.notify();
    auto next_look = now() + kNodeInterval;
    while (true) {
        auto const left = std::chrono::ceil<core::Millis>(next_look - now());
        co_await reports_.changed().wait(std::max(left, core::Millis(1)));
        connection->news.notify();
        if (now() < next_look) continue;
        next_look = now() + kNodeInterval;
        auto info = co_await docker_.info();
        if (!info) continue;
        engine_ = std::move(*info);
        auto fresh = node_info(*engine_, config_, peer);
        if (fresh == told) continue;
        told = fresh;
        session.report_node({std::move(fresh)});
    }
}

} // namespace kontena::agent
