#include "master/gitops/grid_settings.hpp"

#include "core/base/ids.hpp"

#include <fmt/format.h>

namespace kontena::master {

core::Result<void> check_settings(State const& head, model::Revision const& revision) {
    auto const grid = head.find<model::Grid>(core::grid_of(revision.source));
    if (!revision.settings || !grid) return {};
    auto const& wanted = *revision.settings;
    std::vector<core::Issue> issues;
    auto const compare = [&](std::string_view key, auto const& want, auto const& have) {
        if (!want || *want == have) return;
        issues.push_back(
            {.path = std::string(key),
             .reason = fmt::format(
                 "the grid {} was made with {} and never changes it: write that", grid->name, have
             ),
             .file = wanted.origin.file,
             .line = wanted.origin.line}
        );
    };
    compare("initial_size", wanted.initial_size, grid->initial_size);
    compare("subnet", wanted.subnet, grid->subnet);
    compare("supernet", wanted.supernet, grid->supernet);
    if (issues.empty()) return {};
    auto message = to_string(issues.front());
    return core::fail(core::Errc::invalid, std::move(message), std::move(issues));
}

void apply_settings(Txn& txn, model::Revision const& revision, core::TimePoint now) {
    auto const grid = txn.state().find<model::Grid>(core::grid_of(revision.source));
    if (!revision.settings || !grid) return;
    auto const& wanted = *revision.settings;
    auto next = *grid;
    if (wanted.default_affinity) next.default_affinity = *wanted.default_affinity;
    if (wanted.trusted_subnets) next.trusted_subnets = *wanted.trusted_subnets;
    bool const same = next.default_affinity == grid->default_affinity &&
                      next.trusted_subnets == grid->trusted_subnets;
    if (same) return;
    next.updated_at = now;
    txn.put(std::move(next));
}

} // namespace kontena::master
