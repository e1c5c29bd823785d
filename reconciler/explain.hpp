#pragma once

#include "core/base/time.hpp"
#include "core/model/assignment.hpp"
#include "reconciler/live_grid.hpp"

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kontena::reconciler {

/// How one instance stands and why.
struct InstanceReason {
    int number = 0;
    core::NodeId node; ///< empty = it has none
    bool running = false;
    std::string verdict;            ///< in words
    model::Explanation explanation; ///< of its place, or of why there is none
    model::Cause cause;             ///< of its assignment
    std::optional<core::TimePoint> since;
    std::vector<std::string> log_tail;
};
BOOST_DESCRIBE_STRUCT(
    InstanceReason, (), (number, node, running, verdict, explanation, cause, since, log_tail)
)

/// One for each instance that is wanted or there. What has no place is tried on the grid as it is,
/// so that the nodes that refuse can be named.
std::vector<InstanceReason>
explain(LiveGrid& grid, core::ServiceId const& service, core::TimePoint now);

/// The same for a grid as it was: what had no place then is not tried, for the rest of the grid is
/// not known as it was.
std::vector<InstanceReason>
explain_past(LiveGrid& grid, core::ServiceId const& service, core::TimePoint then);

} // namespace kontena::reconciler
