#include "master/control/controller.hpp"

#include "master/control/apply.hpp"
#include "master/control/plan_outcome.hpp"
#include "master/control/source_verdict.hpp"
#include "reconciler/quiet.hpp"
#include "reconciler/rollout.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace kontena::master {

using reconciler::LiveGrid;
using reconciler::ServiceView;

Decision Controller::decide(State const& head, core::TimePoint now) {
    Decision out{.txn = Txn(head, {.kind = model::CauseKind::observation, .actor = "master"})};
    auto& grids = views_.follow(head);
    for (auto& [id, grid] : grids) {
        look_at(id, grid, now, out);
        // Before a source goes back, which may remove what failed.
        note_outcomes(out.txn);
        judge_sources(out.txn, views_, id, now, out.notes);
    }
    note_outcomes(out.txn);
    views_.follow(out.txn.state());
    everything_ = false;
    std::erase_if(waiting_, [&](auto const& entry) {
        return !grids.contains(core::grid_of(entry.first));
    });
    return out;
}

void Controller::look_at(
    core::GridId const& id, LiveGrid& grid, core::TimePoint now, Decision& decision
) {
    auto const& services = grid.view().services;
    auto const touched = grid.take_touched();
    if (everything_ || touched.everything) {
        for (auto const& [service, view] : services) look(grid, view, now, decision);
        return;
    }
    for (auto const& service : concerned(id, touched, grid.room(), now)) {
        auto const it = services.find(service);
        if (it == services.end()) {
            waiting_.erase(service);
        } else {
            look(grid, it->second, now, decision);
        }
    }
}

/// What was touched, and what waited for this.
std::set<core::ServiceId> Controller::concerned(
    core::GridId const& grid, reconciler::Touched touched, std::uint64_t room, core::TimePoint now
) const {
    auto& out = touched.services;
    auto const prefix = grid.str() + "/";
    auto it = waiting_.lower_bound(core::ServiceId(prefix));
    for (; it != waiting_.end() && it->first.str().starts_with(prefix); ++it) {
        auto const& waiting = it->second;
        bool const due = waiting.wake_at && *waiting.wake_at <= now;
        bool const moved = waiting.room && *waiting.room != room;
        if (due || moved || waiting.on_others) out.insert(it->first);
    }
    return std::move(out);
}

void Controller::look(
    LiveGrid& grid, ServiceView const& service, core::TimePoint now, Decision& decision
) {
    auto const& view = grid.view();
    auto const& id = service.service->id;
    if (reconciler::settled(grid.cluster(), *view.grid, service)) {
        waiting_.erase(id);
        return;
    }
    reconciler::Lookup const lookup = [&](core::ServiceId const& other) {
        auto const found = view.services.find(other);
        return found == view.services.end() ? nullptr : &found->second;
    };
    auto const step = reconciler::advance(grid.cluster(), *view.grid, service, lookup, now);
    grid.restore(id);
    if (!step.note.empty()) decision.notes.push_back(step.note);
    if (step.changes()) {
        apply(decision.txn, step);
        // What follows is decided on what this service has now.
        views_.follow(decision.txn.state());
    }
    remember(grid, step, view.services.at(id));
}

void Controller::remember(
    LiveGrid const& grid, reconciler::Step const& step, ServiceView const& service
) {
    auto const& id = service.service->id;
    auto const& spec = service.service->spec();
    Waiting next{.wake_at = step.wake_at};
    bool const elsewhere =
        !step.blocked.empty() || reconciler::depends_on_others(*grid.view().grid, spec);
    if (elsewhere) next.room = grid.room();
    bool const deploying = service.deploy && !service.deploy->finished();
    next.on_others = deploying && !reconciler::dependencies(id, spec).empty();
    if (next.wake_at || next.room || next.on_others) {
        waiting_.insert_or_assign(id, next);
    } else {
        waiting_.erase(id);
    }
}

std::optional<core::TimePoint> Controller::wake_at() const {
    std::optional<core::TimePoint> out;
    for (auto const& [id, waiting] : waiting_)
        if (waiting.wake_at && (!out || *waiting.wake_at < *out)) out = waiting.wake_at;
    return out;
}

} // namespace kontena::master
