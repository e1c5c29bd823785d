#pragma once

#include "reconciler/scheduler/filter.hpp"

#include <optional>
#include <vector>

namespace kontena::reconciler {

/// A node chosen for an instance, and the reason in words.
struct Choice {
    std::size_t slot = 0;
    std::string reason;
};

/// Picks nodes for the instances of one service, one after the other. Counts of the service per
/// zone and node are kept here and follow each pick, so a pick costs O(zones + log nodes) for ha.
class Picker {
public:
    /// `candidates` are the slots that passed the filters, in node order; `total` the number of
    /// instances wanted.
    Picker(
        Cluster const& cluster,
        Request const& sample,
        std::vector<std::size_t> candidates,
        int total
    );

    /// Nothing when no candidate has room left. The caller reserves what it accepts.
    std::optional<Choice> pick(Request const& request);

private:
    struct Ranked {
        int count;         ///< instances of this service on the node
        double load;       ///< see load_of
        std::size_t order; ///< in node numbers
        auto operator<=>(Ranked const&) const = default;
    };

    std::optional<Choice> pick_ha(Request const& request);
    std::optional<Choice> pick_daemon(Request const& request);
    std::optional<Choice> pick_random(Request const& request);
    std::size_t zone_of(std::size_t slot) const;
    void divide_by(std::string const& label);
    Ranked rank(std::size_t slot) const;
    int count_on(std::size_t slot) const;

    Cluster const& cluster_;
    core::ServiceId service_;
    int total_;
    std::vector<std::size_t> candidates_;
    std::string label_ = "az"; ///< the label that makes zones
    std::vector<int> zones_;   ///< by slot, for another label than `az`
    std::vector<int> zone_count_;
    std::vector<std::vector<Ranked>> by_zone_; ///< heaps, the best one first
};

} // namespace kontena::reconciler
