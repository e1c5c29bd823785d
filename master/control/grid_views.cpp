#include "master/control/grid_views.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace kontena::master {
namespace {

using reconciler::Instance;
using reconciler::LiveGrid;
using reconciler::ServiceView;

ServiceView make_view(State const& state, std::shared_ptr<model::Service const> service) {
    ServiceView out;
    out.deploy = state.find<model::Deploy>(model::deploy_id(service->id, service->deploys));
    auto const prefix = service->id.str() + "/";
    state.all<model::Assignment>().for_prefix(prefix, [&](auto const&, auto const& assignment) {
        out.instances.push_back({.number = assignment->number, .assignment = assignment});
    });
    state.all<model::Observation>().for_prefix(
        prefix,
        [&](auto const& id, auto const& observation) {
            auto const number = instance_number(id);
            auto const it = std::ranges::find(out.instances, number, &Instance::number);
            if (it != out.instances.end()) {
                it->observation = observation;
            } else {
                out.instances.push_back({.number = number, .observation = observation});
            }
        }
    );
    std::ranges::sort(out.instances, {}, &Instance::number);
    out.service = std::move(service);
    return out;
}

/// Which services any of their parts differ of.
std::set<core::ServiceId> changed_services(State const& before, State const& after) {
    std::set<core::ServiceId> out;
    auto const service = [&](core::ServiceId const& id, auto const&, auto const&) {
        out.insert(id);
    };
    auto const instance = [&](core::InstanceId const& id, auto const&, auto const&) {
        out.insert(core::service_of(id));
    };
    auto const deploy = [&](core::DeployId const& id, auto const&, auto const&) {
        out.insert(core::ServiceId(std::string(id.parent())));
    };
    Table<model::Service>::diff(before.all<model::Service>(), after.all<model::Service>(), service);
    Table<model::Assignment>::diff(
        before.all<model::Assignment>(), after.all<model::Assignment>(), instance
    );
    Table<model::Observation>::diff(
        before.all<model::Observation>(), after.all<model::Observation>(), instance
    );
    Table<model::Deploy>::diff(before.all<model::Deploy>(), after.all<model::Deploy>(), deploy);
    return out;
}

} // namespace

int instance_number(core::InstanceId const& id) {
    int out = 0;
    auto const text = id.leaf();
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

std::map<core::GridId, LiveGrid>& GridViews::follow(State const& state) {
    auto const before = std::exchange(seen_, state);
    Table<model::Grid>::diff(
        before.all<model::Grid>(),
        state.all<model::Grid>(),
        [&](core::GridId const& id, auto const&, auto const& now) {
            if (now) {
                grids_[id].set_grid(now);
            } else {
                grids_.erase(id);
            }
        }
    );
    auto const of_grid = [&](auto const& id, auto&& f) {
        if (auto const grid = grids_.find(core::grid_of(id)); grid != grids_.end()) f(grid->second);
    };
    Table<model::Node>::diff(
        before.all<model::Node>(),
        state.all<model::Node>(),
        [&](core::NodeId const& id, auto const&, auto const& now) {
            of_grid(id, [&](LiveGrid& grid) { grid.set_node(id, now); });
        }
    );
    Table<model::Stack>::diff(
        before.all<model::Stack>(),
        state.all<model::Stack>(),
        [&](core::StackId const& id, auto const&, auto const& now) {
            of_grid(id, [&](LiveGrid& grid) { grid.set_stack(id, now); });
        }
    );
    for (auto const& id : changed_services(before, state)) {
        of_grid(id, [&](LiveGrid& grid) {
            if (auto service = state.find<model::Service>(id)) {
                grid.set_service(make_view(state, std::move(service)));
            } else {
                grid.remove_service(id);
            }
        });
    }
    return grids_;
}

LiveGrid* GridViews::at(State const& state, core::GridId const& grid) {
    auto& all = follow(state);
    auto const it = all.find(grid);
    return it == all.end() ? nullptr : &it->second;
}

std::optional<ServiceView> service_view(State const& state, core::ServiceId const& service) {
    auto found = state.find<model::Service>(service);
    if (!found) return std::nullopt;
    return make_view(state, std::move(found));
}

} // namespace kontena::master
