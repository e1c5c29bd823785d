#include "tests/support/world.hpp"

#include "master/control/apply.hpp"
#include "master/control/grid_views.hpp"

#include <gtest/gtest.h>

namespace kontena::test {
namespace {

template <class T>
void change_node(World& world, std::string const& name, T&& change) {
    auto node = *world.state.find<model::Node>(core::node_id(world.grid, name));
    change(node);
    world.state.put<model::Node>(std::make_shared<model::Node const>(std::move(node)));
}

core::ServiceId id_of(World const& world, std::string const& service) {
    return core::ServiceId(world.grid.str() + "/" + service);
}

} // namespace

World::World()
    : now(core::Seconds(1'800'000'000)) {
    model::Grid made{.id = grid, .name = "g", .created_at = now};
    state.put<model::Grid>(std::make_shared<model::Grid const>(std::move(made)));
}

core::NodeId World::add_node(std::string const& name, std::vector<std::string> labels) {
    model::Node node{
        .id = core::node_id(grid, name), .number = next_number_++, .labels = std::move(labels)
    };
    node.engine_id = "engine-" + name;
    node.connected = true;
    node.info = {.docker_version = "20.10", .mem_total = 8UL << 30, .cpus = 4};
    auto id = node.id;
    state.put<model::Node>(std::make_shared<model::Node const>(std::move(node)));
    return id;
}

void World::set_connected(std::string const& node, bool connected) {
    change_node(*this, node, [&](model::Node& n) {
        n.connected = connected;
        n.disconnected_at.reset();
        if (!connected) n.disconnected_at = now;
    });
}

void World::set_availability(std::string const& node, model::Availability availability) {
    change_node(*this, node, [&](model::Node& n) { n.availability = availability; });
}

void World::remove_node(std::string const& node) {
    state.erase<model::Node>(core::node_id(grid, node));
}

core::Result<reconciler::Prepared> World::plan(std::vector<model::StackSpec> stacks, bool prune) {
    reconciler::Desired desired{
        .source = core::source_id(grid, "src"),
        .revision = core::RevisionId("g/src/r"),
        .commit = "c0ffee",
        .prune = prune,
        .retry_failed = true,
        .cause = {.kind = model::CauseKind::commit, .actor = "source:src"},
    };
    for (auto& spec : stacks)
        desired.stacks.push_back(std::make_shared<model::StackSpec const>(std::move(spec)));
    return reconciler::prepare(*controller_.views().at(state, grid), desired, now);
}

model::Plan World::apply(std::vector<model::StackSpec> stacks, bool prune) {
    auto prepared = plan(std::move(stacks), prune);
    EXPECT_TRUE(prepared) << to_string(prepared.error());
    master::Txn txn(state, prepared->plan.cause);
    auto out = master::apply(txn, std::move(*prepared), now);
    state = txn.state();
    return out;
}

model::Plan World::rebalance(int moves) {
    model::Cause cause{.kind = model::CauseKind::user, .actor = "test"};
    auto prepared =
        reconciler::prepare_rebalance(*controller_.views().at(state, grid), moves, cause, now);
    EXPECT_TRUE(prepared) << to_string(prepared.error());
    master::Txn txn(state, cause);
    auto out = master::apply(txn, std::move(*prepared), now);
    state = txn.state();
    return out;
}

bool World::reconcile() {
    auto const decision = controller_.decide(state, now);
    state = decision.txn.state();
    return !decision.txn.empty();
}

void World::report() {
    std::vector<model::Observation> seen;
    std::vector<core::InstanceId> gone;
    auto const online = [&](core::NodeId const& id) {
        auto const node = state.find<model::Node>(id);
        return node && node->connected;
    };
    state.all<model::Assignment>().for_each([&](auto const& id, auto const& assignment) {
        if (!online(assignment->node)) return;
        model::Observation item{.id = id, .node = assignment->node};
        item.target = item.revision = assignment->revision;
        item.state = model::InstanceState::running;
        if (assignment->desired_state == model::DesiredState::stopped)
            item.state = model::InstanceState::stopped;
        if (agent) agent(*assignment, item);
        seen.push_back(std::move(item));
    });
    state.all<model::Observation>().for_each([&](auto const& id, auto const& item) {
        if (online(item->node) && !state.find<model::Assignment>(id)) gone.push_back(id);
    });
    for (auto& item : seen)
        state.put<model::Observation>(std::make_shared<model::Observation const>(std::move(item)));
    for (auto const& id : gone) state.erase<model::Observation>(id);
}

void World::settle() {
    for (int round = 0; round < 1000; ++round) {
        bool const changed = reconcile();
        report();
        if (!changed && !reconcile()) return;
    }
    FAIL() << "the grid does not come to rest";
}

std::vector<int> World::numbers(std::string const& service) const {
    std::vector<int> out;
    auto const view = master::service_view(state, id_of(*this, service));
    if (!view) return out;
    for (auto const& instance : view->instances) {
        if (instance.assignment) out.push_back(instance.number);
    }
    return out;
}

std::string World::node_of(std::string const& service, int number) const {
    auto const assignment =
        state.find<model::Assignment>(core::instance_id(id_of(*this, service), number));
    return assignment ? std::string(assignment->node.leaf()) : "";
}

std::map<std::string, int> World::spread(std::string const& service) const {
    std::map<std::string, int> out;
    for (auto const number : numbers(service)) ++out[node_of(service, number)];
    return out;
}

int World::ready(std::string const& service) const {
    int out = 0;
    auto const view = master::service_view(state, id_of(*this, service));
    if (!view) return out;
    for (auto const& instance : view->instances) {
        auto const slot =
            instance.assignment ? state.find<model::Node>(instance.assignment->node) : nullptr;
        if (slot && slot->connected && reconciler::judge(instance).gate == reconciler::Gate::ready)
            ++out;
    }
    return out;
}

model::Deploy World::deploy(std::string const& service) const {
    auto const view = master::service_view(state, id_of(*this, service));
    return view && view->deploy ? *view->deploy : model::Deploy{};
}

model::StackSpec stack(std::string name, std::vector<model::NamedService> services) {
    model::StackSpec out;
    out.name = out.stack = std::move(name);
    out.services = std::move(services);
    out.origin = {"kontena.yml", 1};
    return out;
}

model::NamedService service(std::string name, int instances, model::Strategy strategy) {
    model::NamedService out;
    out.name = std::move(name);
    out.spec.image = "registry/app:1";
    out.spec.instances = instances;
    out.spec.strategy = strategy;
    return out;
}

} // namespace kontena::test
