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

} // namespace kontena::reconciler
