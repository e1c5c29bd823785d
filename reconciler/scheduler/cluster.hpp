#pragma once

#include "reconciler/view.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

namespace kontena::reconciler {

/// One host port that is taken, or wanted. Address 0.0.0.0 collides with every address.
struct HostPort {
    model::Protocol protocol;
    std::uint16_t port;
    std::string ip;
};

/// What placement needs to know of a node: its facts, and what was given out on it.
struct NodeSlot {
    std::shared_ptr<model::Node const> node;
    int zone = 0; ///< index of its `az` label
    double cpus = 0;
    std::uint64_t memory = 0;
    std::vector<HostPort> ports;
    std::map<core::ServiceId, std::set<int>> services; ///< instance numbers by service
};

/// An indexed picture of a grid's nodes that is updated with each placement, so that what one
/// service was given no other one gets. Nodes are in the order of their numbers.
class Cluster {
public:
    explicit Cluster(std::span<std::shared_ptr<model::Node const> const> nodes);

    /// With everything that the view says is placed, or promised by an unfinished deploy.
    static Cluster of(GridView const& view);

    std::vector<NodeSlot> const& slots() const { return slots_; }

    int zones() const { return zones_; }

    std::optional<std::size_t> find(core::NodeId const& node) const;

    /// Takes ports, memory and cpu for an instance. A node that is not in the cluster is ignored.
    void reserve(
        core::ServiceId const& service,
        int number,
        core::NodeId const& node,
        model::ServiceSpec const& spec
    );
    void reserve(
        core::ServiceId const& service, int number, std::size_t slot, model::ServiceSpec const& spec
    );
    /// Gives back what `reserve` took.
    void release(
        core::ServiceId const& service,
        int number,
        core::NodeId const& node,
        model::ServiceSpec const& spec
    );

private:
    std::vector<NodeSlot> slots_;
    std::unordered_map<core::NodeId, std::size_t> index_;
    int zones_ = 0;
};

/// True when two mappings cannot both be published on one host.
bool collide(HostPort const& taken, model::PortMapping const& wanted);

} // namespace kontena::reconciler
