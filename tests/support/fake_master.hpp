#pragma once

#include "core/async/notifier.hpp"
#include "core/net/http_server.hpp"
#include "core/wire/messages.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kontena::tests {

/// A master by script: accepts any agent as node `g/n1`, sends the assignments that a test gives
/// it, acknowledges and remembers what it hears. On loopback.
class FakeMaster {
public:
    explicit FakeMaster(asio::any_io_executor executor);

    std::string url() const;

    std::uint16_t port() const { return port_; }

    /// As if killed; serve() starts it again on the same port.
    awaitable<void> go_away();
    void serve();

    void send(wire::Message message);
    /// A full set, or with `removed` a delta, under the next index. Kept: a new connection gets all
    /// of it as a full set.
    void assign(std::vector<wire::PodSpec> pods);
    void change(std::vector<wire::PodSpec> pods, std::vector<core::InstanceId> removed);

    /// Says nothing to new agents but this.
    void reject(std::string reason) { rejection_ = std::move(reason); }

    void accept() { rejection_.reset(); }

    /// The last that was heard of an instance.
    model::Observation const* seen(std::string const& id) const;

    std::map<std::string, model::Observation> const& all_seen() const { return seen_; }

    /// Every observation, in order.
    std::vector<model::Observation> const& history() const { return history_; }

    std::vector<std::string> const& gone() const { return gone_; }

    std::vector<wire::Hello> const& hellos() const { return hellos_; }

    std::optional<model::NodeInfo> const& node() const { return node_; }

    int fulls() const { return fulls_; }

    int heartbeats() const { return heartbeats_; }

    int connections() const { return connections_; }

    std::string token() const { return token_; }

private:
    awaitable<net::HttpReply> handle(net::HttpRequest request);
    awaitable<void> talk(net::WebSocketPtr socket);
    awaitable<void> read(net::WebSocket* socket);
    awaitable<void> write(net::WebSocket* socket);
    void hear(wire::Message message);

    asio::any_io_executor executor_;
    std::uint16_t port_ = 0;
    std::uint64_t index_ = 100;
    std::map<std::string, wire::PodSpec> pods_;
    std::optional<std::string> rejection_;
    std::deque<wire::Message> outgoing_;
    std::map<std::string, model::Observation> seen_;
    std::vector<model::Observation> history_;
    std::vector<std::string> gone_;
    std::vector<wire::Hello> hellos_;
    std::optional<model::NodeInfo> node_;
    std::string token_;
    int fulls_ = 0;
    int heartbeats_ = 0;
    int connections_ = 0;
    async::Notifier news_;
    std::unique_ptr<net::HttpServer> server_;
};

} // namespace kontena::tests
