#include "tests/support/fake_master.hpp"

#include "core/async/race.hpp"

#include <fmt/format.h>

namespace kontena::tests {
namespace {

core::NodeId const kNode("g/n1");

} // namespace

FakeMaster::FakeMaster(asio::any_io_executor executor)
    : executor_(executor)
    , news_(executor) {
    serve();
}

std::string FakeMaster::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void FakeMaster::serve() {
    auto const handler = [this](net::HttpRequest request, net::ConnectionInfo) {
        return handle(std::move(request));
    };
    server_ = std::make_unique<net::HttpServer>(executor_, net::HttpServerOptions{}, handler);
    auto listener = net::Listener::open_tcp(executor_, "127.0.0.1", port_);
    if (!listener) throw std::runtime_error(to_string(listener.error()));
    port_ = listener->port();
    server_->serve(std::move(*listener));
}

awaitable<void> FakeMaster::go_away() {
    if (server_) co_await server_->stop(core::Millis(0));
    server_.reset();
}

void FakeMaster::send(wire::Message message) {
    outgoing_.push_back(std::move(message));
    news_.notify();
}

void FakeMaster::assign(std::vector<wire::PodSpec> pods) {
    pods_.clear();
    wire::Assignments out{.index = ++index_, .full = true, .node = kNode};
    for (auto& pod : pods) pods_[pod.id.str()] = pod;
    out.pods = std::move(pods);
    send(std::move(out));
}

void FakeMaster::change(std::vector<wire::PodSpec> pods, std::vector<core::InstanceId> removed) {
    wire::Assignments out{.base = index_, .node = kNode, .removed = removed};
    out.index = ++index_;
    for (auto const& id : removed) pods_.erase(id.str());
    for (auto& pod : pods) pods_[pod.id.str()] = pod;
    out.pods = std::move(pods);
    send(std::move(out));
}

model::Observation const* FakeMaster::seen(std::string const& id) const {
    auto const it = seen_.find(id);
    return it == seen_.end() ? nullptr : &it->second;
}

awaitable<net::HttpReply> FakeMaster::handle(net::HttpRequest request) {
    token_ = request.headers.get("Kontena-Node-Token").value_or("");
    net::WebSocketReply out;
    out.run = [this](net::WebSocketPtr socket) { return talk(std::move(socket)); };
    co_return out;
}

awaitable<void> FakeMaster::talk(net::WebSocketPtr socket) {
    ++connections_;
    auto const first = co_await socket->read();
    if (!first) co_return;
    auto hello = wire::decode(first->data);
    if (!hello || !std::holds_alternative<wire::Hello>(*hello)) co_return;
    hellos_.push_back(std::get<wire::Hello>(*hello));
    wire::Message greeting = wire::Welcome{.node = kNode, .node_number = 1, .epoch = 1};
    if (rejection_) greeting = wire::Rejected{.reason = *rejection_, .retry_after = 1};
    auto const sent = co_await socket->write(net::WsMessage::text(wire::encode(greeting)));
    if (!sent || rejection_) co_return;
    outgoing_.clear();
    wire::Assignments all{.index = index_, .full = true, .node = kNode};
    for (auto const& [id, pod] : pods_) all.pods.push_back(pod);
    send(std::move(all));
    co_await async::race(read(socket.get()), write(socket.get()));
}

awaitable<void> FakeMaster::read(net::WebSocket* socket) {
    while (true) {
        auto const frame = co_await socket->read();
        if (!frame) co_return;
        auto message = wire::decode(frame->data);
        if (message) hear(std::move(*message));
    }
}

awaitable<void> FakeMaster::write(net::WebSocket* socket) {
    while (true) {
        auto const epoch = news_.epoch();
        while (!outgoing_.empty()) {
            auto frame = wire::encode(outgoing_.front());
            outgoing_.pop_front();
            auto const sent = co_await socket->write(net::WsMessage::text(std::move(frame)));
            if (!sent) co_return;
        }
        if (!co_await news_.wait_after(epoch, core::Millis(3000)))
            outgoing_.push_back(wire::Heartbeat{});
    }
}

void FakeMaster::hear(wire::Message message) {
    if (auto const* node = std::get_if<wire::NodeReport>(&message)) node_ = node->info;
    if (std::holds_alternative<wire::Heartbeat>(message)) ++heartbeats_;
    auto const* news = std::get_if<wire::Observations>(&message);
    if (news == nullptr) return;
    if (news->full) {
        ++fulls_;
        seen_.clear();
    }
    for (auto const& item : news->items) {
        seen_[item.id.str()] = item;
        history_.push_back(item);
    }
    for (auto const& id : news->removed) {
        seen_.erase(id.str());
        gone_.push_back(id.str());
    }
    send(wire::Ack{.seq = news->seq});
}

} // namespace kontena::tests
