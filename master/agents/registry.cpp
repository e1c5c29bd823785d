#include "master/agents/registry.hpp"

#include "core/async/timeout.hpp"
#include "core/sys/log.hpp"
#include "master/agents/session.hpp"
#include "master/api/router.hpp"

#include <boost/asio/this_coro.hpp>

namespace kontena::master {
namespace {

using namespace std::chrono_literals;

constexpr core::Millis kHelloLimit = 10s;
constexpr std::uint16_t kPolicyViolation = 1008;
constexpr std::uint16_t kTryAgainLater = 1013;

model::Cause cause_of(core::NodeId const& node, std::string detail) {
    return {
        .kind = model::CauseKind::observation,
        .actor = fmt::format("node:{}", node.leaf()),
        .detail = std::move(detail),
    };
}

awaitable<core::Result<wire::Hello>> read_hello(net::WebSocket& socket) {
    KCO_TRY(auto const frame, co_await socket.read());
    KCO_TRY(auto const message, wire::decode(frame.data));
    auto const* hello = std::get_if<wire::Hello>(&message);
    if (hello == nullptr)
        co_return core::fail(core::Errc::invalid, "the first message must be a hello");
    co_return *hello;
}

awaitable<void> reject(net::WebSocket& socket, std::string reason) {
    wire::Message const message = wire::Rejected{.reason = reason};
    auto frame = net::WsMessage::text(wire::encode(message));
    std::ignore = co_await socket.write(std::move(frame));
    co_await socket.close(kPolicyViolation, "rejected");
}

} // namespace

AgentRegistry::AgentRegistry(Store& store, async::Clock const& clock, core::Millis offline_after)
    : store_(store)
    , clock_(clock)
    , offline_after_(offline_after) {}

awaitable<core::Result<void>> AgentRegistry::reset() {
    Store::Build build = [this](State const& head) -> core::Result<Txn> {
        Txn txn(
            head,
            {.kind = model::CauseKind::system, .actor = "master", .detail = "the master started"}
        );
        head.all<model::Node>().for_each([&](auto const& id, auto const&) {
            leave(txn, id, clock_.now(), Leaving::unknown);
        });
        return txn;
    };
    KCO_CHECK(co_await store_.update(std::move(build)));
    co_return core::Result<void>{};
}

awaitable<void> AgentRegistry::dispatch() {
    auto watch = store_.watch();
    for (;;) {
        auto const batch = co_await watch.next(60s);
        route(batch);
    }
}

void AgentRegistry::route(WatchBatch const& batch) {
    if (batch.resync) {
        for (auto const& [node, session] : sessions_) session->touch_all();
    }
    auto const tell = [this](Pointer<model::Assignment> const& assignment) {
        if (!assignment) return;
        auto const it = sessions_.find(assignment->node);
        if (it != sessions_.end()) it->second->touch(assignment->id);
    };
    for (auto const& commit : batch.commits) {
        for (auto const& change : commit->changes) {
            if (!change.is<model::Assignment>()) continue;
            tell(std::get<Pointer<model::Assignment>>(change.before));
            tell(std::get<Pointer<model::Assignment>>(change.after));
        }
    }
}

net::HttpReply AgentRegistry::accept(net::HttpRequest const& request) {
    auto const node_token = request.headers.get("Kontena-Node-Token").value_or("");
    auto const grid_token = request.headers.get("Kontena-Grid-Token").value_or("");
    auto const who = identify(store_.state(), node_token, grid_token);
    if (!who) return error_reply(core::fail(core::Errc::denied, who.error().message));
    net::WebSocketReply reply;
    reply.options.idle_limit = offline_after_;
    reply.options.max_message = 16 * 1024 * 1024;
    reply.run = [this, identity = *who](net::WebSocketPtr socket) {
        return serve(identity, std::move(socket));
    };
    return reply;
}

void AgentRegistry::disconnect(core::NodeId const& node, std::string const& reason) {
    auto const it = sessions_.find(node);
    if (it != sessions_.end()) it->second->end(reason);
}

awaitable<void> AgentRegistry::serve(AgentIdentity who, net::WebSocketPtr socket) {
    auto hello =
        co_await async::with_timeout(read_hello(*socket), kHelloLimit, "the agent's hello");
    if (!hello) co_return co_await reject(*socket, hello.error().message);
    core::NodeId node;
    std::uint64_t mine = 0;
    Store::Build build = [&](State const& head) -> core::Result<Txn> {
        Txn probe(head, {});
        KTRY(node, join(probe, who, *hello, clock_.now()));
        Txn txn(head, cause_of(node, "connected"));
        KCHECK(join(txn, who, *hello, clock_.now()));
        mine = newest_join_[node] = ++joins_;
        return txn;
    };
    auto const joined = co_await store_.update(std::move(build));
    if (!joined) {
        sys::log::warn(
            "agents", "rejected", {{"name", hello->name}, {"reason", joined.error().message}}
        );
        // Not the agent's fault: it comes again soon, as after any lost connection.
        if (joined.error().code == core::Errc::unavailable)
            co_return co_await socket->close(kTryAgainLater, "not stored");
        co_return co_await reject(*socket, joined.error().message);
    }
    auto const known = store_.state().find<model::Node>(node);
    sys::log::info("agents", "node connected", {{"node", node}, {"version", hello->agent_version}});
    wire::Message const welcome = wire::Welcome{
        .protocol = std::min(wire::kProtocol, hello->protocol),
        .master_version = KONTENA_VERSION,
        .node = node,
        .node_number = known ? known->number : 0,
        .epoch = *joined,
    };
    auto frame = net::WsMessage::text(wire::encode(welcome));
    if (auto const sent = co_await socket->write(std::move(frame)); !sent) {
        sys::log::warn("agents", "no welcome", {{"node", node}, {"error", sent.error().message}});
    }
    // The newest session of a node wins.
    disconnect(node, "another agent connected as this node");
    auto session = std::make_shared<AgentSession>(store_, clock_, node, std::move(socket));
    sessions_[node] = session;
    auto const why = co_await session->run();
    auto const it = sessions_.find(node);
    if (it == sessions_.end() || it->second != session) co_return;
    sessions_.erase(it);
    sys::log::info("agents", "node disconnected", {{"node", node}, {"why", why}});
    co_await boost::asio::this_coro::reset_cancellation_state();
    Store::Build gone = [this, node, why, mine](State const& head) -> core::Result<Txn> {
        Txn txn(head, cause_of(node, why.empty() ? "disconnected" : "disconnected: " + why));
        if (newest_join_[node] == mine) leave(txn, node, clock_.now(), Leaving::lost);
        return txn;
    };
    auto const left = co_await store_.update(std::move(gone));
    if (!left)
        sys::log::error(
            "agents", "node not marked offline", {{"node", node}, {"error", left.error().message}}
        );
}

} // namespace kontena::master
