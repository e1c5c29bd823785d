#pragma once

#include "core/model/assignment.hpp"
#include "core/model/deploy.hpp"
#include "core/model/grid.hpp"
#include "core/model/node.hpp"
#include "core/model/service.hpp"

#include <map>
#include <memory>
#include <ranges>
#include <vector>

/// What decisions are made from: immutable values, shared with the snapshot they come from.
namespace kontena::reconciler {

/// Instance n of a service: what it was told to be and what it is. Either may be missing, not both.
struct Instance {
    int number = 0;
    std::shared_ptr<model::Assignment const> assignment;
    std::shared_ptr<model::Observation const> observation;

    /// The observation, when it is about this assignment's node.
    model::Observation const* observed() const {
        bool const mine = assignment && observation && observation->node == assignment->node;
        return mine ? observation.get() : nullptr;
    }
};

struct ServiceView {
    std::shared_ptr<model::Service const> service;
    std::shared_ptr<model::Deploy const> deploy; ///< the latest one, or nullptr
    std::vector<Instance> instances;             ///< by number

    Instance const* find(int number) const;
};

/// The revision of the spec that an instance runs, or would if it was started now. A deploy brings
/// the newest one. Between deploys what is there stays as it is, and what is made anew is not of a
/// definition whose deploy failed or was aborted while a good one is known.
std::int64_t revision_for(ServiceView const& view, int number);

struct GridView {
    std::shared_ptr<model::Grid const> grid;
    std::vector<std::shared_ptr<model::Node const>> nodes; ///< by number
    std::map<core::StackId, std::shared_ptr<model::Stack const>> stacks;
    std::map<core::ServiceId, ServiceView> services;
};

/// The services of one stack, by name. Valid as long as none comes or goes.
inline auto services_of(GridView const& view, core::StackId const& stack) {
    return std::ranges::subrange(
        view.services.lower_bound(core::ServiceId(stack.str() + "/")),
        view.services.lower_bound(core::ServiceId(stack.str() + "0")) // what follows after '/'
    );
}

/// The affinity rules that hold for a service: its own, or the grid's when it has none.
std::vector<std::string> const&
effective_affinity(model::Grid const& grid, model::ServiceSpec const& spec);

} // namespace kontena::reconciler
