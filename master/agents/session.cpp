#include "master/agents/session.hpp"

#include "core/sys/log.hpp"
#include "master/agents/observe.hpp"
#include "master/agents/pods.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace kontena::master {
namespace {

using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;

constexpr core::Millis kHeartbeat = 3s;

} // namespace

AgentSession::AgentSession(
    Store& store, async::Clock const& clock, core::NodeId node, net::WebSocketPtr socket
)
    : store_(store)
    , clock_(clock)
    , node_(std::move(node))
    , socket_(std::move(socket))
    , news_(store.executor()) {}

awaitable<std::string> AgentSession::run() {
    co_await (read_loop() || write_loop());
    co_return ended_;
}

void AgentSession::touch(core::InstanceId const& instance) {
    touched_.insert(instance);
    news_.notify();
}

void AgentSession::touch_all() {
    send_all_ = true;
    news_.notify();
}

void AgentSession::end(std::string reason) {
    if (ended_.empty()) ended_ = std::move(reason);
    socket_->abort();
}

awaitable<void> AgentSession::read_loop() {
    for (;;) {
        auto frame = co_await socket_->read();
        if (!frame) {
            end(frame.error().message);
            co_return;
        }
        if (frame->binary) continue; // no stream of ours is open
        auto message = wire::decode(frame->data);
        if (!message) {
            // A newer agent may say things that this master does not know.
            sys::log::warn(
                "agents",
                "message not understood",
                {{"node", node_}, {"error", message.error().message}}
            );
            continue;
        }
        auto const handled = co_await handle(std::move(*message));
        if (!handled)
            sys::log::warn(
                "agents", "report not stored", {{"node", node_}, {"error", handled.error().message}}
            );
        // Not acknowledged: after the next connect the agent says it again.
        if (!handled) co_return end(handled.error().message);
    }
}

awaitable<core::Result<void>> AgentSession::handle(wire::Message message) {
    if (auto const* report = std::get_if<wire::Observations>(&message))
        co_return co_await on(*report);
    if (auto const* report = std::get_if<wire::NodeReport>(&message))
        co_return co_await on(*report);
    co_return core::Result<void>{};
}

awaitable<core::Result<void>> AgentSession::on(wire::Observations const& report) {
    // Heard before: what came after it must not be overwritten.
    if (report.seq != 0 && report.seq <= acknowledge_) co_return core::Result<void>{};
    Store::Build build = [&](State const& head) -> core::Result<Txn> {
        Txn txn(
            head,
            {.kind = model::CauseKind::observation,
             .actor = fmt::format("node:{}", node_.leaf()),
             .detail = "reported"}
        );
        record(txn, node_, report);
        return txn;
    };
    KCO_CHECK(co_await store_.update(std::move(build)));
    acknowledge_ = std::max(acknowledge_, report.seq);
    news_.notify();
    co_return core::Result<void>{};
}

awaitable<core::Result<void>> AgentSession::on(wire::NodeReport const& report) {
    Store::Build build = [&](State const& head) -> core::Result<Txn> {
        Txn txn(
            head,
            {.kind = model::CauseKind::observation,
             .actor = fmt::format("node:{}", node_.leaf()),
             .detail = "reported"}
        );
        record(txn, node_, report.info, clock_.now());
        return txn;
    };
    KCO_CHECK(co_await store_.update(std::move(build)));
    co_return core::Result<void>{};
}

awaitable<void> AgentSession::write_loop() {
    for (;;) {
        auto const epoch = news_.epoch();
        auto sent = co_await send_news();
        if (sent && news_.epoch() == epoch && !co_await news_.wait_after(epoch, kHeartbeat)) {
            wire::Message beat = wire::Heartbeat{.at = clock_.now()};
            sent = co_await send(std::move(beat));
        }
        if (!sent) {
            end(sent.error().message);
            co_return;
        }
    }
}

awaitable<core::Result<void>> AgentSession::send(wire::Message message) {
    auto frame = net::WsMessage::text(wire::encode(message));
    co_return co_await socket_->write(std::move(frame));
}

awaitable<core::Result<void>> AgentSession::send_news() {
    if (send_all_) {
        send_all_ = false;
        touched_.clear();
        auto all = full_set(store_.state(), node_);
        sent_index_ = all.index;
        wire::Message message = std::move(all);
        KCO_CHECK(co_await send(std::move(message)));
    } else if (!touched_.empty()) {
        auto const touched = std::exchange(touched_, {});
        auto changes = delta(store_.state(), node_, sent_index_, touched);
        sent_index_ = changes.index;
        wire::Message message = std::move(changes);
        KCO_CHECK(co_await send(std::move(message)));
    }
    if (acknowledge_ != acknowledged_) {
        acknowledged_ = acknowledge_;
        wire::Message message = wire::Ack{.seq = acknowledged_};
        KCO_CHECK(co_await send(std::move(message)));
    }
    co_return core::Result<void>{};
}

} // namespace kontena::master
