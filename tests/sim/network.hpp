#pragma once

#include "core/wire/messages.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/schedule.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace kontena::sim {

using ConnectionId = std::uint64_t;

struct Packet {
    enum class Kind { open, message, close };

    ConnectionId connection = 0;
    Kind kind = Kind::message;
    std::shared_ptr<wire::Message const> message;
};

/// The way between each node and the master. A lane keeps the order, as a stream does, unless a
/// fault says otherwise; what cannot pass waits, as it does in the buffers of a stream.
class Network {
public:
    using Receive = std::function<void(std::size_t node, Packet const&)>;

    struct Trouble {
        int down_blocked = 0; ///< how many faults block the lane
        int up_blocked = 0;
        int delay = 0; ///< up to so many milliseconds more
        int reorder = 0;
        int duplicate = 0;
    };

    Network(Schedule& schedule, std::size_t nodes, std::uint64_t seed);

    void connect(Receive to_master, Receive to_agent);

    ConnectionId new_connection() { return ++connections_; }

    void up(std::size_t node, Packet packet) { send(node, true, std::move(packet)); }

    void down(std::size_t node, Packet packet) { send(node, false, std::move(packet)); }

    Trouble& trouble(std::size_t node) { return links_[node].trouble; }

    /// A lane may be free again: what waits goes on its way.
    void retry(std::size_t node);

private:
    struct Lane {
        Time last{0};
        std::vector<Packet> waiting;
    };

    struct Link {
        Lane up;
        Lane down;
        Trouble trouble;
        Random random;
    };

    void send(std::size_t node, bool up, Packet packet);
    void deliver(std::size_t node, bool up, Packet packet);

    Schedule& schedule_;
    Receive to_master_;
    Receive to_agent_;
    ConnectionId connections_ = 0;
    std::vector<Link> links_;
};

} // namespace kontena::sim
