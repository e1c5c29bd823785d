#pragma once

#include "core/model/volume.hpp"
#include "reconciler/view.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
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
    std::uint64_t memory = 0; ///< of limits: what may not be given out twice
    std::uint64_t use = 0;    ///< bytes that all are reckoned to use, see `load_of`
    std::vector<HostPort> ports;
    std::map<core::ServiceId, std::set<int>> services; ///< instance numbers by service
    std::set<std::string> volumes;                     ///< that its engine has, by engine name
};

/// An indexed picture of a grid's nodes and of what was given out on them, so that what one service
/// was given no other one gets. Nodes are in the order of their numbers.
class Cluster {
public:
    Cluster() = default;
    explicit Cluster(std::span<std::shared_ptr<model::Node const> const> nodes);

    /// With everything that the view says is placed, or promised by an unfinished deploy.
    static Cluster of(GridView const& view);

    std::vector<NodeSlot> const& slots() const { return slots_; }

    int zones() const { return int(zones_.size()); }

    std::optional<std::size_t> find(core::NodeId const& node) const;

    /// Newer facts about a node that is in the cluster. Reservations stay.
    void update(std::shared_ptr<model::Node const> node);

    /// A volume of the grid, which services may mount.
    void set_volume(model::Volume volume);
    /// The volume of that name; nullptr when the grid has none.
    model::Volume const* volume(std::string const& name) const;
    /// Which volumes the engine of a node has.
    void set_volumes_on(core::NodeId const& node, std::set<std::string> names);

    /// Takes ports, memory and cpu for an instance of a service.
    void reserve(
        core::ServiceId const& service,
        int number,
        std::size_t slot,
        std::shared_ptr<model::ServiceSpec const> spec
    );
    /// Gives back all that a service holds.
    void release(core::ServiceId const& service);
    /// Makes a service hold what its view says: the places of its instances, with the spec that
    /// each was given, and what its unfinished deploy was promised. False when it held the same
    /// before.
    bool hold(ServiceView const& view);

private:
    struct Held {
        std::size_t slot = 0;
        int number = 0;
        std::shared_ptr<model::ServiceSpec const> spec;

        friend bool operator==(Held const&, Held const&) = default;
    };

    std::vector<Held> claims(ServiceView const& view) const;
    void take(core::ServiceId const& service, Held held);
    int zone_of(model::Node const& node);

    std::vector<NodeSlot> slots_;
    std::unordered_map<core::NodeId, std::size_t> index_;
    std::unordered_map<core::ServiceId, std::vector<Held>> held_;
    std::map<std::string, int> zones_;
    std::map<std::string, model::Volume> volumes_;
};

/// The share of a node's memory that an instance is reckoned to use: its limit, or 256 MB. A node
/// that does not say what it has is reckoned to have 8 GB.
double load_of(model::ServiceSpec const& spec, model::Node const& node);

/// The same for all that was given out on a node.
double load_of(NodeSlot const& slot);

/// True when two mappings cannot both be published on one host.
bool collide(HostPort const& taken, model::PortMapping const& wanted);

} // namespace kontena::reconciler
