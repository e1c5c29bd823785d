#include "reconciler/live_grid.hpp"

#include <algorithm>
#include <utility>

namespace kontena::reconciler {

Cluster& LiveGrid::cluster() {
    if (stale_) cluster_ = Cluster::of(view_);
    stale_ = false;
    return cluster_;
}

void LiveGrid::restore(core::ServiceId const& service) {
    if (stale_) return;
    auto const it = view_.services.find(service);
    if (it == view_.services.end()) {
        cluster_.release(service);
    } else {
        cluster_.hold(it->second);
    }
}

void LiveGrid::set_grid(std::shared_ptr<model::Grid const> grid) {
    view_.grid = std::move(grid);
    touched_.everything = true;
}

void LiveGrid::set_node(core::NodeId const& id, std::shared_ptr<model::Node const> node) {
    touched_.everything = true;
    ++room_;
    auto const by_number = [](auto const& n) { return n->number; };
    auto const known = numbers_.find(id);
    if (known != numbers_.end()) {
        auto const it = std::ranges::lower_bound(view_.nodes, known->second, {}, by_number);
        if (node && (*it)->number == node->number) {
            *it = node;
            if (!stale_) cluster_.update(std::move(node));
            return;
        }
        view_.nodes.erase(it);
        numbers_.erase(known);
    }
    stale_ = true;
    if (!node) return;
    numbers_.emplace(id, node->number);
    auto const at = std::ranges::upper_bound(view_.nodes, node->number, {}, by_number);
    view_.nodes.insert(at, std::move(node));
}

void LiveGrid::set_stack(core::StackId const& id, std::shared_ptr<model::Stack const> stack) {
    if (stack) {
        view_.stacks.insert_or_assign(id, std::move(stack));
    } else {
        view_.stacks.erase(id);
    }
}

void LiveGrid::set_service(ServiceView service) {
    auto const id = service.service->id;
    touched_.services.insert(id);
    if (!stale_ && cluster_.hold(service)) ++room_;
    view_.services.insert_or_assign(id, std::move(service));
}

void LiveGrid::remove_service(core::ServiceId const& id) {
    touched_.services.insert(id);
    if (view_.services.erase(id) == 0) return;
    ++room_;
    if (!stale_) cluster_.release(id);
}

Touched LiveGrid::take_touched() { return std::exchange(touched_, {}); }

} // namespace kontena::reconciler
