#include "tests/sim/network.hpp"

#include <algorithm>

namespace kontena::sim {
namespace {

constexpr int kSlowest = 20; ///< milliseconds, without trouble

} // namespace

Network::Network(Schedule& schedule, std::size_t nodes, std::uint64_t seed)
    : schedule_(schedule) {
    for (std::size_t i = 0; i < nodes; ++i)
        links_.push_back({.random = Random(seed, "link " + std::to_string(i))});
}

void Network::connect(Receive to_master, Receive to_agent) {
    to_master_ = std::move(to_master);
    to_agent_ = std::move(to_agent);
}

void Network::send(std::size_t node, bool up, Packet packet) {
    auto& link = links_[node];
    auto& lane = up ? link.up : link.down;
    auto const& trouble = link.trouble;
    bool const ordered = trouble.reorder == 0 || packet.kind == Packet::Kind::open;
    bool const twice =
        trouble.duplicate > 0 && packet.kind == Packet::Kind::message && link.random.chance(30);
    for (int copy = 0; copy <= int(twice); ++copy) {
        core::Millis delay(link.random.between(1, kSlowest));
        if (trouble.delay > 0) delay += core::Millis(link.random.between(0, trouble.delay));
        if (!ordered) delay += core::Millis(link.random.between(0, 500));
        if (copy > 0) delay += core::Millis(link.random.between(0, 3000));
        auto at = schedule_.now() + delay;
        if (ordered && copy == 0) lane.last = at = std::max(at, lane.last);
        schedule_.at(at, [this, node, up, packet] { deliver(node, up, packet); });
    }
}

void Network::deliver(std::size_t node, bool up, Packet packet) {
    auto& link = links_[node];
    auto& lane = up ? link.up : link.down;
    bool const blocked = (up ? link.trouble.up_blocked : link.trouble.down_blocked) > 0;
    if (blocked) return lane.waiting.push_back(std::move(packet));
    (up ? to_master_ : to_agent_)(node, packet);
}

void Network::retry(std::size_t node) {
    auto& link = links_[node];
    for (bool const up : {true, false}) {
        auto waiting = std::exchange((up ? link.up : link.down).waiting, {});
        for (auto& packet : waiting) {
            schedule_.after(core::Millis(1), [this, node, up, packet] {
                deliver(node, up, packet);
            });
        }
    }
}

} // namespace kontena::sim
