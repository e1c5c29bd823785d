#pragma once

#include "reconciler/scheduler/cluster.hpp"
#include "reconciler/view.hpp"

#include <memory>
#include <set>
#include <unordered_map>

namespace kontena::reconciler {

/// Which services of a grid something happened to.
struct Touched {
    bool everything = false; ///< a node or the grid itself changed: any service may be concerned
    std::set<core::ServiceId> services;
};

/// One grid as the reconciler sees it, with the picture of its nodes that placement needs. Kept
/// from one look to the next and changed object by object, so that a look costs what has changed
/// and not what there is.
class LiveGrid {
public:
    GridView const& view() const { return view_; }

    /// Holds what the view says. Whoever places a service in it calls `restore` afterwards.
    Cluster& cluster();

    /// Makes a service hold what the view says again.
    void restore(core::ServiceId const& service);

    void set_grid(std::shared_ptr<model::Grid const> grid);
    /// nullptr: the node is gone.
    void set_node(core::NodeId const& id, std::shared_ptr<model::Node const> node);
    void set_stack(core::StackId const& id, std::shared_ptr<model::Stack const> stack);
    void set_service(ServiceView service);
    void remove_service(core::ServiceId const& id);

    /// What was touched since the last call.
    Touched take_touched();

    /// Changes whenever room may have become free: what found no place may find one now.
    std::uint64_t room() const { return room_; }

private:
    GridView view_;
    std::unordered_map<core::NodeId, int> numbers_; ///< by which the nodes are in order
    Cluster cluster_;
    bool stale_ = true; ///< a node came or went: the cluster is to be made anew
    Touched touched_;
    std::uint64_t room_ = 0;
};

} // namespace kontena::reconciler
