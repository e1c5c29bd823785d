#include "reconciler/scheduler/place.hpp"

#include "reconciler/scheduler/filter.hpp"
#include "reconciler/scheduler/strategy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace kontena::reconciler {
namespace {

using model::PlacementKind;
using model::Strategy;

core::Seconds default_grace(Strategy strategy) {
    switch (strategy) {
    case Strategy::ha:
        return core::Seconds(120);
    case Strategy::daemon:
        return core::Seconds(600);
    case Strategy::random:
        return core::Seconds(30);
    }
    return core::Seconds(120);
}

/// All that placing one service needs, gathered once.
class ServicePlacer {
public:
    ServicePlacer(
        Cluster& cluster, model::Grid const& grid, ServiceView const& view, core::TimePoint now
    )
        : cluster_(cluster)
        , view_(view)
        , spec_(view.service->spec())
        , affinity_(effective_affinity(grid, spec_))
        , now_(now) {
        bool const has_volumes = std::ranges::any_of(spec_.volumes, &model::VolumeMount::named);
        per_instance_ = !spec_.volumes_from.empty() || has_volumes ||
                        std::ranges::any_of(affinity_, [](std::string const& rule) {
                            auto const parsed = model::parse_affinity(rule);
                            return parsed && model::mentions_instance(*parsed);
                        });
    }

    Placement run(int spares) {
        // Other services' reservations stay; this one's are made anew with its newest spec.
        cluster_.release(view_.service->id);
        out_.spares = spares;
        auto const total = wanted() + spares;
        choose_numbers(total);
        hold_surplus();
        keep_numbers();
        for (int const number : numbers_)
            if (!kept_.contains(number)) out_.targets.push_back(find_node(number));
        for (auto& [number, target] : kept_) out_.targets.push_back(std::move(target));
        std::ranges::sort(out_.targets, {}, &Target::number);
        if (leaving_) reserve_targets();
        return std::move(out_);
    }

private:
    /// What the instance is, or will be, made from.
    std::shared_ptr<model::ServiceSpec const> spec_of(int number) const {
        auto spec = view_.service->spec_at(revision_for(view_, number));
        return spec ? spec : view_.service->current().spec;
    }

    Request request(int number) const {
        Request out{.service = view_.service->id, .spec = spec_of(number).get(), .number = number};
        auto const* instance = view_.find(number);
        if (instance != nullptr && instance->assignment) out.current = instance->assignment->node;
        return out;
    }

    /// daemon: `instances` for each node that may hold one, or holds one and is within its grace.
    int wanted() {
        if (spec_.strategy != Strategy::daemon) return spec_.instances;
        auto sample = request(0);
        auto eligible = filtered(sample).slots;
        for (std::size_t slot = 0; slot < cluster_.slots().size(); ++slot) {
            bool const in = std::ranges::find(eligible, slot) != eligible.end();
            if (!in && holds_some(slot) && still_counts(slot)) eligible.push_back(slot);
        }
        return int(eligible.size()) * spec_.instances;
    }

    /// Data stays wherever it is, and taking its node out of the count would make another instance
    /// one too many. Others stay where they may come back to.
    bool still_counts(std::size_t slot) {
        if (spec_.stateful) return true;
        bool const silent = !cluster_.slots()[slot].node->connected;
        return silent && may_keep(slot, false) && affinity_holds(slot, 0);
    }

    bool holds_some(std::size_t slot) const {
        auto const& id = cluster_.slots()[slot].node->id;
        return std::ranges::any_of(view_.instances, [&](Instance const& i) {
            return i.assignment && i.assignment->node == id;
        });
    }

    /// May an instance stay on its node: available, within the grace when offline, and the hard
    /// affinity rules still hold.
    bool may_keep(std::size_t slot, bool stateful) {
        auto const& node = *cluster_.slots()[slot].node;
        if (stateful) return true;
        if (node.availability != model::Availability::active) return false;
        if (node.connected) return true;
        auto const until =
            node.disconnected_at.value_or(core::TimePoint{}) + reschedule_grace(spec_);
        if (until <= now_) return false;
        out_.wake_at = std::min(out_.wake_at.value_or(until), core::TimePoint(until));
        return true;
    }

    bool affinity_holds(std::size_t slot, int number) {
        return std::ranges::all_of(rules(number), [&](Rule const& rule) {
            if (rule.affinity.soft) return true;
            return matches(rule, cluster_.slots()[slot], view_.service->id) !=
                   rule.affinity.negated;
        });
    }

    /// What is more than wanted keeps its place until it is gone.
    /// 1..total; but no instance that holds data is given up for another number.
    void choose_numbers(int total) {
        if (spec_.stateful && spec_.strategy == Strategy::daemon)
            for (auto const& instance : view_.instances)
                if (slot_of(instance) && int(numbers_.size()) < total)
                    numbers_.insert(instance.number);
        for (int number = 1; int(numbers_.size()) < total; ++number) numbers_.insert(number);
    }

    void hold_surplus() {
        for (auto const& instance : view_.instances) {
            auto const slot = slot_of(instance);
            if (slot && !numbers_.contains(instance.number)) hold(instance, *slot);
        }
    }

    std::optional<std::size_t> slot_of(Instance const& instance) const {
        return instance.assignment ? cluster_.find(instance.assignment->node) : std::nullopt;
    }

    /// Reserves what the instance has where it is, with the spec that it was made from.
    void hold(Instance const& instance, std::size_t slot) {
        auto spec = view_.service->spec_at(instance.assignment->revision);
        if (spec) cluster_.reserve(view_.service->id, instance.number, slot, std::move(spec));
    }

    bool outdated(Instance const& instance) const {
        return instance.assignment->revision != revision_for(view_, instance.number);
    }

    /// First those that are what they are to be: they hold their ports, and the others only would.
    void keep_numbers() {
        for (bool const changed : {false, true})
            for (auto const& instance : view_.instances) {
                auto const slot = slot_of(instance);
                if (slot && numbers_.contains(instance.number) && outdated(instance) == changed)
                    keep(instance, *slot);
            }
    }

    void keep(Instance const& instance, std::size_t slot) {
        auto const asked = request(instance.number);
        bool const room = has_room(cluster_.slots()[slot], asked);
        bool const stays = planned_node(asked) == nullptr && may_keep(slot, spec_.stateful) &&
                           (spec_.stateful || (affinity_holds(slot, instance.number) && room));
        if (!stays) return leave(instance, slot);
        Target target{
            .number = instance.number,
            .kind = PlacementKind::keep,
            .node = instance.assignment->node,
            .explanation = instance.assignment->explanation,
        };
        // Data does not move: what its node has no room for waits there, as it is.
        if (!room && outdated(instance)) {
            target.blocked = fmt::format(
                "its data is on {}, where there is no room for the new definition ({})",
                target.node.leaf(),
                room_needed(asked)
            );
            hold(instance, slot);
        } else {
            reserve(instance.number, slot);
        }
        kept_.emplace(instance.number, std::move(target));
    }

    /// It goes, but has not gone: until then its ports are not free for another one.
    void leave(Instance const& instance, std::size_t slot) {
        auto const spec = view_.service->spec_at(instance.assignment->revision);
        if (!spec || spec->ports.empty()) return;
        hold(instance, slot);
        leaving_ = true;
    }

    /// Leaves in the cluster what is to be, without what is about to go.
    void reserve_targets() {
        cluster_.release(view_.service->id);
        for (auto const& target : out_.targets) {
            auto const slot = cluster_.find(target.node);
            if (slot && target.blocked.empty()) reserve(target.number, *slot);
        }
    }

    /// What the filters that refuse the node of an instance say.
    std::string room_needed(Request const& asked) const {
        auto const slot = cluster_.find(*asked.current);
        for (auto const& filter : resource_filters())
            if (!filter.keeps(cluster_.slots()[*slot], asked)) return filter.explain(asked);
        return {};
    }

    Target find_node(int number) {
        auto asked = request(number);
        Target out{
            .number = number, .kind = asked.current ? PlacementKind::move : PlacementKind::start
        };
        if (asked.current) out.from = *asked.current;
        if (auto planned = planned_node(asked)) {
            out.node = planned->node;
            out.explanation = planned->explanation;
            reserve(number, *cluster_.find(out.node));
            return out;
        }
        if (!picker_ || per_instance_ || picked_for_ != asked.spec) prepare_picker(asked);
        picked_for_ = asked.spec;
        out.explanation = explanation_;
        auto const choice = picker_->pick(asked);
        if (!choice) {
            out.blocked = describe_blocked();
            return out;
        }
        out.node = cluster_.slots()[choice->slot].node->id;
        out.explanation.winner = choice->reason;
        reserve(number, choice->slot);
        return out;
    }

    void reserve(int number, std::size_t slot) {
        cluster_.reserve(view_.service->id, number, slot, spec_of(number));
    }

    /// Where an unfinished deploy wants a number to start, or to move to, as long as it can.
    model::PlannedInstance const* planned_node(Request const& asked) {
        if (!view_.deploy || view_.deploy->finished()) return nullptr;
        auto const& planned = view_.deploy->planned;
        auto const it = std::ranges::find(planned, asked.number, &model::PlannedInstance::number);
        if (it == planned.end()) return nullptr;
        bool const wanted = asked.current ? it->kind == PlacementKind::move &&
                                                it->from == *asked.current && !spec_.stateful
                                          : it->kind == PlacementKind::start;
        auto const slot = cluster_.find(it->node);
        if (!wanted || !slot) return nullptr;
        auto const& at = cluster_.slots()[*slot];
        bool const fits = std::ranges::all_of(fitness_filters(), [&](Filter const& f) {
            return f.keeps(at, asked);
        });
        return fits && has_room(at, asked) && affinity_holds(*slot, asked.number) ? &*it : nullptr;
    }

    Filtered filtered(Request const& asked) {
        return filter_nodes(cluster_, rules(asked.number), asked);
    }

    void prepare_picker(Request const& asked) {
        auto found = filtered(asked);
        prefer_steady(found);
        explanation_ = {
            .considered = int(cluster_.slots().size()),
            .refusals = std::move(found.refusals),
            .winner = {}
        };
        picker_.emplace(cluster_, asked, std::move(found.slots), *numbers_.rbegin());
    }

    /// A node that comes and goes gets nothing new while another one can take it.
    void prefer_steady(Filtered& found) const {
        auto const unsteady = [&](std::size_t slot) {
            return model::unsteady(*cluster_.slots()[slot].node, now_);
        };
        std::vector<std::size_t> steady;
        std::ranges::remove_copy_if(found.slots, std::back_inserter(steady), unsteady);
        if (steady.empty() || steady.size() == found.slots.size()) return;
        model::Refusal refusal{
            .filter = "steady", .reason = "the node was lost several times lately"
        };
        refusal.refused = int(found.slots.size() - steady.size());
        for (auto const slot : found.slots) {
            if (unsteady(slot) && refusal.nodes.size() < kNamedNodes)
                refusal.nodes.emplace_back(cluster_.slots()[slot].node->id.leaf());
        }
        found.refusals.push_back(std::move(refusal));
        found.slots = std::move(steady);
    }

    std::vector<Rule> const& rules(int number) {
        if (rules_for_ != number && (rules_for_ < 0 || per_instance_))
            rules_ = compile_rules(affinity_, number);
        rules_for_ = number;
        return rules_;
    }

    std::string describe_blocked() const {
        if (cluster_.slots().empty()) return "the grid has no nodes";
        std::vector<std::string> parts;
        int refused = 0;
        for (auto const& r : explanation_.refusals) {
            parts.push_back(
                fmt::format("{} of {}: {}", r.refused, explanation_.considered, r.reason)
            );
            refused += r.refused;
        }
        // Nodes that passed every filter were filled up by this service's own instances.
        if (auto const full = explanation_.considered - refused; full > 0) {
            auto const why = spec_.ports.empty() ? "no room for one more instance"
                                                 : "its host port is in use there";
            parts.push_back(fmt::format("{} of {}: {}", full, explanation_.considered, why));
        }
        return fmt::format("no node can take it ({})", fmt::join(parts, "; "));
    }

    Cluster& cluster_;
    ServiceView const& view_;
    model::ServiceSpec const& spec_;
    std::vector<std::string> const& affinity_;
    core::TimePoint now_;
    bool per_instance_ = false;
    int rules_for_ = -1;
    std::vector<Rule> rules_;
    std::optional<Picker> picker_;
    model::ServiceSpec const* picked_for_ = nullptr;
    bool leaving_ = false; ///< some hold a place that they are about to leave
    model::Explanation explanation_;
    std::set<int> numbers_; ///< that are wanted
    std::map<int, Target> kept_;
    Placement out_;
};

} // namespace

bool Placement::wants(int number) const {
    return std::ranges::binary_search(targets, number, {}, &Target::number);
}

core::Seconds reschedule_grace(model::ServiceSpec const& spec) {
    auto const chosen = spec.deploy_opts.reschedule_after;
    return chosen ? core::Seconds(*chosen) : default_grace(spec.strategy);
}

Placement place(
    Cluster& cluster,
    model::Grid const& grid,
    ServiceView const& service,
    core::TimePoint now,
    int spares
) {
    return ServicePlacer(cluster, grid, service, now).run(spares);
}

} // namespace kontena::reconciler
