#include "core/json/codec.hpp"
#include "master/control/grid_views.hpp"
#include "reconciler/quiet.hpp"
#include "reconciler/rollout.hpp"
#include "reconciler/scheduler/cluster.hpp"
#include "tests/support/world.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

/// Laws of the reconciler over random grids, stacks and orders of events.
namespace kontena::test {
namespace {

constexpr int kRounds = 400;

int draw(int from, int to) { return *rc::gen::inRange(from, to); }

bool coin() { return *rc::gen::arbitrary<bool>(); }

std::string node_name(int i) { return "n" + std::to_string(i + 1); }

std::string service_name(int i) { return "svc" + std::to_string(i + 1); }

int make_nodes(World& world) {
    auto const count = draw(1, 6);
    for (int i = 0; i < count; ++i) {
        world.add_node(node_name(i), {*rc::gen::element<std::string>("az=a", "az=b", "az=c")});
    }
    return count;
}

/// What every node of every grid here can hold.
model::NamedService placeable(int i) {
    auto const strategy =
        *rc::gen::element(model::Strategy::ha, model::Strategy::daemon, model::Strategy::random);
    // A daemon's number is per node; what is stateful keeps that all its life.
    auto out = service(
        service_name(i), strategy == model::Strategy::daemon ? draw(1, 3) : draw(0, 7), strategy
    );
    out.spec.stateful = i == 2;
    out.spec.image = *rc::gen::element<std::string>("app:1", "app:2", "app:3");
    auto& options = out.spec.deploy_opts;
    options.min_health = *rc::gen::element(0.0, 0.5, 0.8, 1.0);
    options.order =
        *rc::gen::element(model::RolloutOrder::stop_first, model::RolloutOrder::start_first);
    options.on_failure = *rc::gen::element<std::optional<model::OnFailure>>(
        std::nullopt,
        model::OnFailure::rollback,
        model::OnFailure::pause,
        model::OnFailure::continue_
    );
    if (coin()) options.spread = "rack";
    if (i > 0 && draw(0, 4) == 0) out.spec.links.push_back({service_name(i - 1), "other"});
    return out;
}

/// What may find no place, or fail where it is.
model::NamedService any_service(int i) {
    auto out = placeable(i);
    if (draw(0, 3) == 0) {
        auto const port = std::uint16_t(draw(80, 83));
        auto const ip = *rc::gen::element<std::string>("0.0.0.0", "127.0.0.1");
        out.spec.ports.push_back({.ip = ip, .node_port = port, .container_port = 80});
    }
    if (draw(0, 4) == 0) out.spec.memory = std::uint64_t(draw(1, 10)) << 30;
    if (draw(0, 5) == 0) out.spec.affinity.emplace_back("label==az=a");
    if (draw(0, 5) == 0) out.spec.image = "bad:1";
    return out;
}

template <class Make>
model::StackSpec draw_stack(Make make) {
    std::vector<model::NamedService> services;
    auto const count = draw(1, 5);
    for (int i = 0; i < count; ++i) services.push_back(make(i));
    return stack("s", std::move(services));
}

/// Images named `bad` crash.
void break_bad_images(World& world) {
    world.agent = [&world](model::Assignment const& assignment, model::Observation& seen) {
        auto const service = world.state.find<model::Service>(core::service_of(assignment.id));
        auto const spec = service ? service->spec_at(assignment.revision) : nullptr;
        if (!spec || !spec->image.starts_with("bad")) return;
        seen.state = model::InstanceState::failed;
        seen.restarts = reconciler::kCrashLimit;
        seen.error = "no such image";
    };
}

struct Place {
    core::NodeId node;
    bool stateful = false;
};

std::map<core::InstanceId, Place> places(World const& world) {
    std::map<core::InstanceId, Place> out;
    world.state.all<model::Assignment>().for_each([&](auto const& id, auto const& assignment) {
        auto const service = world.state.find<model::Service>(core::service_of(id));
        RC_ASSERT(service != nullptr);
        auto const spec = service->spec_at(assignment->revision);
        RC_ASSERT(spec != nullptr);
        RC_ASSERT(assignment->number >= 1);
        RC_ASSERT(id == core::instance_id(service->id, assignment->number));
        out[id] = {assignment->node, spec->stateful};
    });
    return out;
}

/// Of assignments to the newest specs: an instance that waits for its replacement is left out.
void check_ports(World const& world) {
    std::map<core::NodeId, std::vector<std::pair<core::InstanceId, reconciler::HostPort>>> taken;
    world.state.all<model::Assignment>().for_each([&](auto const& id, auto const& assignment) {
        auto const service = world.state.find<model::Service>(core::service_of(id));
        if (assignment->revision != service->current().number) return;
        for (auto const& port : service->spec().ports) {
            auto& here = taken[assignment->node];
            for (auto const& [other, held] : here) {
                if (!reconciler::collide(held, port)) continue;
                RC_FAIL(fmt::format(
                    "port {} is given to {} and {} on {}",
                    port.node_port,
                    other,
                    id,
                    assignment->node
                ));
            }
            here.emplace_back(id, reconciler::HostPort{port.protocol, port.node_port, port.ip});
        }
    });
}

/// A controller that remembers nothing, and one look at each service without a short cut, find
/// nothing to do either.
void check_rest(World const& world) {
    RC_ASSERT(master::Controller().decide(world.state, world.now).txn.empty());
    master::GridViews views;
    auto& grid = *views.at(world.state, world.grid);
    auto const& view = grid.view();
    reconciler::Lookup const lookup = [&](core::ServiceId const& id) {
        auto const it = view.services.find(id);
        return it == view.services.end() ? nullptr : &it->second;
    };
    for (auto const& [id, service] : view.services) {
        auto const step =
            reconciler::advance(grid.cluster(), *view.grid, service, lookup, world.now);
        RC_ASSERT(!step.changes());
        grid.restore(id);
        if (reconciler::settled(grid.cluster(), *view.grid, service)) RC_ASSERT(!step.wake_at);
    }
}

/// Data is given up only when fewer instances are wanted. How many those of a daemon are follows
/// from the nodes, and is not asked here.
void check_data(World const& world, core::InstanceId const& id, Place const& place) {
    auto const service = world.state.find<model::Service>(core::service_of(id));
    if (!service || !world.state.find<model::Node>(place.node)) return;
    auto const& spec = service->spec();
    bool const wanted = spec.stateful && spec.strategy != model::Strategy::daemon &&
                        std::stoi(std::string(id.leaf())) <= spec.instances;
    if (wanted) RC_FAIL(fmt::format("{} is withdrawn from {}, with its data", id, place.node));
}

/// Reconciles and reports until nothing changes, watching the laws that hold at every moment.
void settle(World& world) {
    auto before = places(world);
    for (int round = 0; round < kRounds; ++round) {
        bool const changed = world.reconcile();
        auto const after = places(world);
        for (auto const& [id, place] : before) {
            auto const it = after.find(id);
            if (place.stateful && it == after.end()) check_data(world, id, place);
            if (!place.stateful || it == after.end()) continue;
            bool const node_exists = world.state.find<model::Node>(place.node) != nullptr;
            if (node_exists && it->second.node != place.node)
                RC_FAIL(fmt::format("{} left {} for {}", id, place.node, it->second.node));
        }
        before = after;
        world.report();
        if (!changed && !world.reconcile()) return check_rest(world);
        before = places(world);
    }
    RC_FAIL("the grid does not come to rest");
}

void disturb(World& world, int nodes, model::StackSpec& current, bool placeable_only) {
    auto const node = node_name(draw(0, nodes));
    switch (draw(0, 8)) {
    case 0:
        world.set_connected(node, false);
        break;
    case 1:
        world.set_connected(node, true);
        break;
    case 2:
        world.set_availability(node, model::Availability::drain);
        break;
    case 3:
        world.set_availability(node, model::Availability::active);
        break;
    case 4:
        world.advance(core::Seconds(draw(1, 700)));
        break;
    case 5: {
        auto const at = std::size_t(draw(0, int(current.services.size())));
        auto& chosen = current.services[at].spec;
        chosen.instances = draw(chosen.strategy == model::Strategy::daemon ? 1 : 0, 5);
        world.apply({current});
        break;
    }
    case 6: {
        auto const at = std::size_t(draw(0, int(current.services.size())));
        current.services[at].spec.image = *rc::gen::element<std::string>("app:4", "app:5", "bad:2");
        world.apply({current});
        break;
    }
    default:
        current = placeable_only ? draw_stack(placeable) : draw_stack(any_service);
        world.apply({current});
    }
    if (coin()) settle(world);
    if (draw(0, 4) == 0) world.reconcile();
}

int wanted(World const& world, model::ServiceSpec const& spec) {
    auto const nodes = int(world.state.all<model::Node>().size());
    return spec.strategy == model::Strategy::daemon ? spec.instances * nodes : spec.instances;
}

RC_GTEST_PROP(Reconciler, ComesToRestWhateverHappens, ()) {
    World world;
    auto const nodes = make_nodes(world);
    break_bad_images(world);
    auto current = draw_stack(any_service);
    world.apply({current});
    auto const events = draw(0, 10);
    for (int i = 0; i < events; ++i) disturb(world, nodes, current, false);
    settle(world);
    auto const again = world.plan({current});
    RC_ASSERT(bool(again));
    for (auto const& action : again->plan.actions) {
        // All that is left to do is to try again what failed, also what was taken back.
        auto const deploy = world.deploy("s/" + std::string(action.service.leaf()));
        RC_ASSERT(deploy.state == model::DeployState::error || !deploy.rollback_of.empty());
    }
}

RC_GTEST_PROP(Reconciler, RunsWhatIsWantedOnceAllIsWell, ()) {
    World world;
    auto const nodes = make_nodes(world);
    break_bad_images(world);
    auto current = draw_stack(placeable);
    world.apply({current});
    auto const events = draw(0, 10);
    for (int i = 0; i < events; ++i) disturb(world, nodes, current, true);
    for (int i = 0; i < nodes; ++i) {
        world.set_connected(node_name(i), true);
        world.set_availability(node_name(i), model::Availability::active);
    }
    world.agent = {};
    settle(world);
    world.apply({current});
    settle(world);
    for (auto const& item : current.services) {
        auto const name = "s/" + item.name;
        auto const total = wanted(world, item.spec);
        RC_ASSERT(world.ready(name) == total);
        RC_ASSERT(int(world.numbers(name).size()) == total);
        RC_ASSERT(world.deploy(name).state == model::DeployState::success);
    }
    auto const second = world.plan({current});
    RC_ASSERT(bool(second));
    RC_ASSERT(second->plan.empty());
    RC_ASSERT(second->effects.empty());
    world.advance(core::Seconds(draw(1, 1000)));
    RC_ASSERT(!world.reconcile());
}

RC_GTEST_PROP(Reconciler, ReplacesWithinTheHealthBudget, ()) {
    World world;
    auto const nodes = make_nodes(world);
    auto app = service("app", draw(1, 12));
    app.spec.image = "app:1";
    app.spec.deploy_opts.min_health = *rc::gen::element(0.0, 0.3, 0.5, 0.8, 0.99, 1.0);
    bool const spares = coin();
    if (spares) app.spec.deploy_opts.order = model::RolloutOrder::start_first;
    world.apply({stack("s", {app})});
    settle(world);
    // From here on containers take up to three reports to be ready.
    std::map<std::pair<core::InstanceId, std::int64_t>, int> left;
    world.agent = [&](model::Assignment const& assignment, model::Observation& seen) {
        if (assignment.revision == 1 && !left.contains({assignment.id, 1})) return;
        auto const [it, fresh] = left.try_emplace({assignment.id, assignment.revision}, 0);
        if (fresh) it->second = draw(0, 4);
        if (it->second <= 0) return;
        --it->second;
        seen.state = model::InstanceState::starting;
    };
    auto const total = app.spec.instances;
    auto const floor =
        spares ? total
               : total - reconciler::unavailable_budget(total, app.spec.deploy_opts.min_health);
    auto const changes = draw(1, 4);
    for (int change = 0; change < changes; ++change) {
        app.spec.image = "app:" + std::to_string(change + 2);
        world.apply({stack("s", {app})});
        auto const rounds = change + 1 == changes ? kRounds : draw(0, 6);
        for (int i = 0; i < rounds; ++i) {
            if (!spares && draw(0, 20) == 0 && nodes > 1)
                world.set_availability(node_name(0), model::Availability::drain);
            world.reconcile();
            RC_ASSERT(world.ready("s/app") >= floor);
            world.report();
            if (world.deploy("s/app").state == model::DeployState::success) break;
        }
    }
    RC_ASSERT(world.deploy("s/app").state == model::DeployState::success);
    settle(world);
    RC_ASSERT(world.ready("s/app") == total);
}

RC_GTEST_PROP(Reconciler, PlansTheSameForTheSameInput, ()) {
    World world;
    auto const nodes = make_nodes(world);
    break_bad_images(world);
    auto current = draw_stack(any_service);
    auto const events = draw(0, 6);
    for (int i = 0; i < events; ++i) disturb(world, nodes, current, false);
    auto const first = world.plan({current});
    auto const second = world.plan({current});
    RC_ASSERT(bool(first));
    RC_ASSERT(bool(second));
    RC_ASSERT(first->plan.id == second->plan.id);
    RC_ASSERT(json::encode_text(first->plan) == json::encode_text(second->plan));
    auto const applied = world.apply({current});
    RC_ASSERT(applied.id == first->plan.id);
    auto const next = world.plan({current});
    RC_ASSERT(bool(next));
    RC_ASSERT(next->plan.empty());
}

RC_GTEST_PROP(Reconciler, DecidesTheSameForTheSameState, ()) {
    World world;
    auto const nodes = make_nodes(world);
    auto current = draw_stack(any_service);
    world.apply({current});
    auto const events = draw(0, 4);
    for (int i = 0; i < events; ++i) disturb(world, nodes, current, false);
    World twin = world;
    world.reconcile();
    twin.reconcile();
    auto const here = places(world);
    auto const there = places(twin);
    RC_ASSERT(here.size() == there.size());
    for (auto const& [id, place] : here) RC_ASSERT(there.at(id).node == place.node);
}

RC_GTEST_PROP(Reconciler, GivesNoHostPortTwice, ()) {
    World world;
    auto const nodes = make_nodes(world);
    break_bad_images(world);
    auto current = draw_stack(any_service);
    world.apply({current});
    auto const events = draw(0, 10);
    for (int i = 0; i < events; ++i) {
        disturb(world, nodes, current, false);
        check_ports(world);
    }
}

} // namespace
} // namespace kontena::test
