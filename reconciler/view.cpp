#include "reconciler/view.hpp"

#include <algorithm>

namespace kontena::reconciler {

Instance const* ServiceView::find(int number) const {
    auto const it = std::ranges::lower_bound(instances, number, {}, &Instance::number);
    return it != instances.end() && it->number == number ? &*it : nullptr;
}

std::vector<std::string> const&
effective_affinity(model::Grid const& grid, model::ServiceSpec const& spec) {
    return spec.affinity.empty() ? grid.default_affinity : spec.affinity;
}

std::int64_t revision_for(ServiceView const& view, int number) {
    auto const& service = *view.service;
    auto const newest = service.current().number;
    auto const* deploy = view.deploy.get();
    if (deploy != nullptr && !deploy->finished() && !deploy->paused) return newest;
    bool const stuck = deploy != nullptr && deploy->failure && service.good > 0 &&
                       service.spec_at(service.good) != nullptr;
    auto const* instance = view.find(number);
    if (instance == nullptr || !instance->assignment) return stuck ? service.good : newest;
    bool const stopped = instance->assignment->desired_state == model::DesiredState::stopped;
    return stopped && !stuck ? newest : instance->assignment->revision;
}

} // namespace kontena::reconciler
