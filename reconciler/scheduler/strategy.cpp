#include "reconciler/scheduler/strategy.hpp"

#include "core/base/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace kontena::reconciler {

Picker::Picker(
    Cluster const& cluster, Request const& sample, std::vector<std::size_t> candidates, int total
)
    : cluster_(cluster)
    , service_(sample.service)
    , total_(total)
    , candidates_(std::move(candidates))
    , zone_count_(std::size_t(cluster.zones()), 0) {
    if (sample.spec->strategy != model::Strategy::ha) return;
    auto const& spread = sample.spec->deploy_opts.spread;
    if (!spread.empty() && spread != label_) divide_by(spread);
    by_zone_.resize(zone_count_.size());
    for (auto const slot : candidates_) {
        zone_count_[zone_of(slot)] += count_on(slot);
        by_zone_[zone_of(slot)].push_back(rank(slot));
    }
    for (auto& zone : by_zone_) std::ranges::make_heap(zone, std::greater{});
}

std::size_t Picker::zone_of(std::size_t slot) const {
    return std::size_t(zones_.empty() ? cluster_.slots()[slot].zone : zones_[slot]);
}

/// Zones by the values of another label; nodes without it are one zone.
void Picker::divide_by(std::string const& label) {
    label_ = label;
    std::map<std::string, int> numbers;
    zones_.resize(cluster_.slots().size());
    for (auto const slot : candidates_) {
        auto value = label_value(*cluster_.slots()[slot].node, label, "");
        zones_[slot] = numbers.try_emplace(std::move(value), int(numbers.size())).first->second;
    }
    zone_count_.assign(numbers.size(), 0);
}

std::optional<Choice> Picker::pick(Request const& request) {
    switch (request.spec->strategy) {
    case model::Strategy::ha:
        return pick_ha(request);
    case model::Strategy::daemon:
        return pick_daemon(request);
    case model::Strategy::random:
        return pick_random(request);
    }
    return std::nullopt;
}

int Picker::count_on(std::size_t slot) const {
    auto const& services = cluster_.slots()[slot].services;
    auto const it = services.find(service_);
    if (it == services.end()) return 0;
    return int(std::distance(it->second.begin(), it->second.upper_bound(total_)));
}

Picker::Ranked Picker::rank(std::size_t slot) const {
    return {count_on(slot), load_of(cluster_.slots()[slot]), slot};
}

/// Fewest instances in the zone, then on the node, then the least memory given out, then the
/// lowest node number. A node without room leaves the race: its room never grows while picking.
std::optional<Choice> Picker::pick_ha(Request const& request) {
    for (;;) {
        std::optional<std::size_t> best;
        for (std::size_t zone = 0; zone < by_zone_.size(); ++zone) {
            if (by_zone_[zone].empty()) continue;
            bool const better = !best || zone_count_[zone] < zone_count_[*best] ||
                                (zone_count_[zone] == zone_count_[*best] &&
                                 by_zone_[zone].front() < by_zone_[*best].front());
            if (better) best = zone;
        }
        if (!best) return std::nullopt;
        auto& zone = by_zone_[*best];
        auto const top = zone.front();
        std::ranges::pop_heap(zone, std::greater{});
        zone.pop_back();
        auto const& slot = cluster_.slots()[top.order];
        if (!has_room(slot, request)) continue;
        auto reason = fmt::format(
            "ha: fewest instances in {} {} ({}) and on the node ({})",
            label_ == "az" ? "zone" : label_,
            label_value(*slot.node, label_, "default"),
            zone_count_[*best],
            top.count
        );
        ++zone_count_[*best];
        auto next = top;
        ++next.count;
        next.load += load_of(*request.spec, *slot.node);
        zone.push_back(next);
        std::ranges::push_heap(zone, std::greater{});
        return Choice{top.order, std::move(reason)};
    }
}

std::optional<Choice> Picker::pick_daemon(Request const& request) {
    std::optional<std::size_t> best;
    int least = 0;
    for (auto const slot : candidates_) {
        if (!has_room(cluster_.slots()[slot], request)) continue;
        auto const count = count_on(slot);
        if (best && count >= least) continue;
        best = slot;
        least = count;
    }
    if (!best) return std::nullopt;
    return Choice{*best, fmt::format("daemon: fewest instances on the node ({})", least)};
}

std::optional<Choice> Picker::pick_random(Request const& request) {
    auto const seed = core::stable_hash(fmt::format("{}/{}", service_.str(), request.number));
    auto const n = candidates_.size();
    for (std::size_t i = 0; i < n; ++i) {
        auto const slot = candidates_[(seed + i) % n];
        if (has_room(cluster_.slots()[slot], request)) {
            return Choice{slot, fmt::format("random: drawn from {} nodes", n)};
        }
    }
    return std::nullopt;
}

} // namespace kontena::reconciler
