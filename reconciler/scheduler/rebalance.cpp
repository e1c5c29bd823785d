#include "reconciler/scheduler/rebalance.hpp"

#include "reconciler/scheduler/filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace kontena::reconciler {
namespace {

using model::AffinityKey;
using model::Strategy;

constexpr std::string_view kZoneLabel = "az";
constexpr double kWorthwhile = 0.1; ///< of the average load: less difference is left alone

/// Services that affinity rules speak of, or whose volumes others use: where they are is somebody's
/// wish.
class TalkedAbout {
public:
    explicit TalkedAbout(GridView const& view)
        : view_(view) {}

    std::set<core::ServiceId> run() {
        for (auto const& [id, service] : view_.services) {
            auto const& spec = service.service->spec();
            for (auto const& name : spec.volumes_from)
                out_.insert(core::service_id(
                    core::stack_of(id), std::string_view(name).substr(0, name.rfind('-'))
                ));
            auto const& texts = effective_affinity(*view_.grid, spec);
            if (texts.empty()) continue;
            bool const numbered = std::ranges::any_of(texts, [](std::string const& text) {
                auto const parsed = model::parse_affinity(text);
                return parsed && model::mentions_instance(*parsed);
            });
            for (auto const& instance : service.instances) {
                for (auto const& rule : compile_rules(texts, instance.number)) note(rule, id);
                if (!numbered) break;
            }
        }
        return std::move(out_);
    }

private:
    void note(Rule const& rule, core::ServiceId const& asking) {
        auto const key = rule.affinity.key;
        if (key != AffinityKey::service && key != AffinityKey::container) return;
        auto const stack = core::stack_of(asking);
        // A bare name is one of the own stack.
        look(rule, asking, services_of(view_, stack));
        if (!rule.expression) {
            auto const end = rule.value.find(key == AffinityKey::service ? '/' : '.');
            if (end == std::string::npos) return;
            auto const other = core::stack_id(view_.grid->id, rule.value.substr(0, end));
            look(rule, asking, services_of(view_, other));
        } else if (scanned_.emplace(key, rule.value).second) {
            look(rule, asking, view_.services);
        }
    }

    template <class Services>
    void look(Rule const& rule, core::ServiceId const& asking, Services const& services) {
        for (auto const& [id, service] : services) {
            if (out_.contains(id)) continue;
            NodeSlot imagined;
            for (auto const& instance : service.instances)
                imagined.services[id].insert(instance.number);
            if (matches(rule, imagined, asking)) out_.insert(id);
        }
    }

    GridView const& view_;
    std::set<std::pair<AffinityKey, std::string>> scanned_; ///< expressions
    std::set<core::ServiceId> out_;
};

/// What a move is good for, the most important first. Useful when the first that is not zero is
/// above it.
struct Gain {
    int zone = 0;
    int node = 0;
    double load = 0;

    bool useful() const { return zone > 0 || (zone == 0 && (node > 0 || (node == 0 && load > 0))); }

    friend auto operator<=>(Gain const&, Gain const&) = default;
};

/// One stateless service that may be moved about.
struct Movable {
    ServiceView const* view = nullptr;
    std::vector<std::string> const* affinity = nullptr;
    std::map<int, std::size_t> places; ///< slot of each number
    Gain reach;                        ///< more apart than that no move brings them

    model::ServiceSpec const& spec() const { return view->service->spec(); }

    core::ServiceId const& id() const { return view->service->id; }

    /// The label whose values are its zones.
    std::string label() const {
        auto const& chosen = spec().deploy_opts.spread;
        return chosen.empty() ? std::string(kZoneLabel) : chosen;
    }
};

/// How many instances of one service are where.
struct Spread {
    std::vector<std::size_t> const* zones = nullptr; ///< of each slot
    std::vector<int> on_node;                        ///< by slot
    std::vector<int> in_zone;                        ///< by zone

    std::size_t zone(std::size_t slot) const { return (*zones)[slot]; }
};

struct Candidate {
    Gain gain;
    Movable* service = nullptr;
    int number = 0;
    std::size_t from = 0;
    std::size_t to = 0;
    model::Explanation explanation;
};

class Balancer {
public:
    Balancer(Cluster cluster, GridView const& view, core::TimePoint now)
        : cluster_(std::move(cluster))
        , view_(view)
        , now_(now)
        , loads_(cluster_.slots().size(), 0) {
        auto const pinned = TalkedAbout(view).run();
        for (auto const& [id, service] : view.services) {
            add_load(service);
            if (!pinned.contains(id) && movable(service)) services_.push_back(placed(service));
        }
        if (!loads_.empty())
            average_ = std::accumulate(loads_.begin(), loads_.end(), 0.0) / double(loads_.size());
    }

    std::vector<Move> run(int limit) {
        std::vector<Move> out;
        while (int(out.size()) < limit && !loads_.empty()) {
            auto best = best_move();
            if (!best) break;
            out.push_back(
                {.service = best->service->id(),
                 .number = best->number,
                 .from = node_at(best->from),
                 .to = node_at(best->to),
                 .explanation = std::move(best->explanation)}
            );
            carry_out(*best);
        }
        return out;
    }

private:
    core::NodeId const& node_at(std::size_t slot) const { return cluster_.slots()[slot].node->id; }

    static bool movable(ServiceView const& view) {
        auto const& spec = view.service->spec();
        bool const deployed = !view.deploy || view.deploy->state == model::DeployState::success;
        bool const at_rest = view.service->state == model::ServiceState::running && deployed;
        auto const current = view.service->current().number;
        return at_rest && !spec.stateful &&
               std::ranges::all_of(view.instances, [&](Instance const& instance) {
                   return instance.assignment && instance.assignment->revision == current;
               });
    }

    Movable placed(ServiceView const& view) {
        Movable out{
            .view = &view, .affinity = &effective_affinity(*view_.grid, view.service->spec())
        };
        for (auto const& instance : view.instances)
            if (auto const slot = cluster_.find(instance.assignment->node))
                out.places.emplace(instance.number, *slot);
        find_reach(out);
        return out;
    }

    void add_load(ServiceView const& view) {
        for (auto const& instance : view.instances) {
            auto const slot =
                instance.assignment ? cluster_.find(instance.assignment->node) : std::nullopt;
            if (slot) loads_[*slot] += load_of(view.service->spec(), *cluster_.slots()[*slot].node);
        }
    }

    /// The most promising services first: once one is found that is worth more than what the rest
    /// could be worth, there is no need to ask the filters about these.
    std::optional<Candidate> best_move() {
        using Promise = std::pair<Gain, std::size_t>;
        auto const less = [](Promise const& a, Promise const& b) {
            return a.first < b.first || (a.first == b.first && a.second > b.second);
        };
        least_ = std::ranges::min(loads_);
        std::vector<Promise> promises;
        for (std::size_t i = 0; i < services_.size(); ++i)
            if (auto const promise = promise_of(services_[i]); promise.useful())
                promises.emplace_back(promise, i);
        std::ranges::make_heap(promises, less);
        std::optional<Candidate> out;
        while (!promises.empty() && (!out || promises.front().first > out->gain)) {
            consider(services_[promises.front().second], out);
            std::ranges::pop_heap(promises, less);
            promises.pop_back();
        }
        return out;
    }

    /// No move of the service gains more than that, whatever the filters say.
    Gain promise_of(Movable const& service) const {
        auto out = service.reach;
        if (service.spec().strategy == Strategy::daemon) return out;
        double most = 0;
        for (auto const& [number, slot] : service.places) most = std::max(most, loads_[slot]);
        if (most - least_ > kWorthwhile * average_) out.load = most - least_;
        return out;
    }

    void find_reach(Movable& service) {
        auto const spread = spread_of(service);
        int fewest_on_node = std::numeric_limits<int>::max();
        int fewest_in_zone = std::numeric_limits<int>::max();
        for (std::size_t slot = 0; slot < spread.on_node.size(); ++slot) {
            fewest_on_node = std::min(fewest_on_node, spread.on_node[slot]);
            fewest_in_zone = std::min(fewest_in_zone, spread.in_zone[spread.zone(slot)]);
        }
        service.reach = {.zone = 0, .node = std::numeric_limits<int>::min()};
        for (auto const& [number, slot] : service.places) {
            if (service.spec().strategy == Strategy::ha)
                service.reach.zone = std::max(
                    service.reach.zone, spread.in_zone[spread.zone(slot)] - fewest_in_zone - 1
                );
            service.reach.node =
                std::max(service.reach.node, spread.on_node[slot] - fewest_on_node - 1);
        }
    }

    /// What moving one instance of the service gains, and where it would go. Of several on a node
    /// the one with the highest number stands for all.
    void consider(Movable& service, std::optional<Candidate>& best) {
        auto const spread = spread_of(service);
        std::map<std::size_t, int> last;
        for (auto const& [number, slot] : service.places) last[slot] = number;
        for (auto const& [from, number] : last) {
            auto const& node = *cluster_.slots()[from].node;
            if (!node.connected || node.availability != model::Availability::active) continue;
            if (!hopeful(service, spread, from, best)) continue;
            Request const request{
                .service = service.id(),
                .spec = &service.spec(),
                .number = number,
                .current = node.id
            };
            auto found = filter_nodes(cluster_, compile_rules(*service.affinity, number), request);
            for (auto const to : found.slots) {
                if (to == from || model::unsteady(*cluster_.slots()[to].node, now_)) continue;
                auto const gain = gain_of(service, spread, from, to);
                if (!gain.useful() || (best && gain <= best->gain)) continue;
                best = Candidate{gain, &service, number, from, to, {}};
                best->explanation = {
                    .considered = int(cluster_.slots().size()),
                    .refusals = found.refusals,
                    .winner = reason(service, spread, *best)
                };
            }
        }
    }

    /// Is there any node, fit or not, that would be better? Asking is cheaper than filtering.
    bool hopeful(
        Movable const& service,
        Spread const& spread,
        std::size_t from,
        std::optional<Candidate> const& best
    ) const {
        for (std::size_t to = 0; to < cluster_.slots().size(); ++to) {
            if (to == from) continue;
            auto const gain = gain_of(service, spread, from, to);
            if (gain.useful() && (!best || gain > best->gain)) return true;
        }
        return false;
    }

    Spread spread_of(Movable const& service) {
        Spread out{.zones = &zones_by(service.label())};
        out.on_node.resize(cluster_.slots().size());
        out.in_zone.resize(cluster_.slots().size());
        for (auto const& [number, slot] : service.places) {
            ++out.on_node[slot];
            ++out.in_zone[out.zone(slot)];
        }
        return out;
    }

    /// The zone of each slot, numbered in the order of the slots.
    std::vector<std::size_t> const& zones_by(std::string const& label) {
        auto& out = zones_[label];
        if (!out.empty()) return out;
        std::map<std::string, std::size_t> numbers;
        for (auto const& slot : cluster_.slots())
            out.push_back(
                numbers.try_emplace(label_value(*slot.node, label, "default"), numbers.size())
                    .first->second
            );
        return out;
    }

    Gain
    gain_of(Movable const& service, Spread const& spread, std::size_t from, std::size_t to) const {
        Gain out;
        auto const strategy = service.spec().strategy;
        auto const here = spread.zone(from);
        auto const there = spread.zone(to);
        // Of two places that differ by one instance, one is as good as the other.
        if (strategy == Strategy::ha && here != there)
            out.zone = spread.in_zone[here] - spread.in_zone[there] - 1;
        out.node = spread.on_node[from] - spread.on_node[to] - 1;
        if (strategy != Strategy::daemon) out.load = load_gain(service.spec(), from, to);
        return out;
    }

    double load_gain(model::ServiceSpec const& spec, std::size_t from, std::size_t to) const {
        auto const difference = loads_[from] - loads_[to];
        if (difference <= kWorthwhile * average_) return 0;
        // The node that takes it must not end up with more to do than the one that gives it.
        auto const left = loads_[from] - load_of(spec, *cluster_.slots()[from].node);
        auto const reached = loads_[to] + load_of(spec, *cluster_.slots()[to].node);
        return reached <= left + 1e-9 ? difference : 0;
    }

    std::string reason(Movable const& service, Spread const& spread, Candidate const& move) const {
        auto const& from = *cluster_.slots()[move.from].node;
        auto const& to = *cluster_.slots()[move.to].node;
        auto const zone = [&](model::Node const& node) {
            return label_value(node, service.label(), "default");
        };
        if (move.gain.zone > 0)
            return fmt::format(
                "rebalance: {0} {1} has {2} of its instances, {0} {3} has {4}",
                service.label() == kZoneLabel ? "zone" : service.label(),
                zone(from),
                spread.in_zone[spread.zone(move.from)],
                zone(to),
                spread.in_zone[spread.zone(move.to)]
            );
        if (move.gain.node > 0)
            return fmt::format(
                "rebalance: {} has {} of its instances, {} has {}",
                from.id.leaf(),
                spread.on_node[move.from],
                to.id.leaf(),
                spread.on_node[move.to]
            );
        return fmt::format(
            "rebalance: {} carries {:.0f} % of its memory, {} {:.0f} % (limits, else 256 MB an "
            "instance)",
            from.id.leaf(),
            100 * loads_[move.from],
            to.id.leaf(),
            100 * loads_[move.to]
        );
    }

    void carry_out(Candidate const& move) {
        auto& service = *move.service;
        loads_[move.from] -= load_of(service.spec(), *cluster_.slots()[move.from].node);
        loads_[move.to] += load_of(service.spec(), *cluster_.slots()[move.to].node);
        service.places[move.number] = move.to;
        find_reach(service);
        cluster_.release(service.id());
        for (auto const& [number, slot] : service.places)
            cluster_.reserve(service.id(), number, slot, service.view->service->current().spec);
    }

    Cluster cluster_;
    GridView const& view_;
    core::TimePoint now_;
    std::vector<double> loads_; ///< by slot
    double average_ = 0;
    double least_ = 0;
    std::vector<Movable> services_;
    std::map<std::string, std::vector<std::size_t>> zones_; ///< by label
};

} // namespace

std::vector<Move>
rebalance(Cluster const& cluster, GridView const& view, int limit, core::TimePoint now) {
    return Balancer(cluster, view, now).run(limit);
}

} // namespace kontena::reconciler
