#pragma once

#include "core/base/time.hpp"
#include "master/control/grid_views.hpp"
#include "master/store/state.hpp"
#include "reconciler/rollout.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace kontena::master {

/// What the controller decided in one look.
struct Decision {
    Txn txn;
    std::vector<std::string> notes; ///< why assignments changed, in words
};

/// The control loop without its clock and its disk: looks at every service that something happened
/// to, and decides what changes. It is told of nothing; it compares the state with the one of its
/// last look. Looking again at the same state decides nothing new.
class Controller {
public:
    /// Decides on the newest state. Whether the transaction is stored or refused, the next look
    /// finds out by itself.
    Decision decide(State const& head, core::TimePoint now);

    /// The next look decides on all services, whatever has changed.
    void look_at_everything() { everything_ = true; }

    /// When there will be something to decide, even if nothing happens before.
    std::optional<core::TimePoint> wake_at() const;

    /// The grids as of the last look, for others that plan on them.
    GridViews& views() { return views_; }

private:
    /// What is remembered of services that wait for something.
    struct Waiting {
        std::optional<core::TimePoint> wake_at;
        std::optional<std::uint64_t> room; ///< it depends on what others hold: the grid's room then
        bool on_others = false;            ///< its deploy waits for other services
    };

    void look_at(
        core::GridId const& id, reconciler::LiveGrid& grid, core::TimePoint now, Decision& decision
    );
    std::set<core::ServiceId> concerned(
        core::GridId const& grid,
        reconciler::Touched touched,
        std::uint64_t room,
        core::TimePoint now
    ) const;
    void look(
        reconciler::LiveGrid& grid,
        reconciler::ServiceView const& service,
        core::TimePoint now,
        Decision& decision
    );
    void remember(
        reconciler::LiveGrid const& grid,
        reconciler::Step const& step,
        reconciler::ServiceView const& service
    );

    GridViews views_;
    std::map<core::ServiceId, Waiting> waiting_;
    bool everything_ = true;
};

} // namespace kontena::master
