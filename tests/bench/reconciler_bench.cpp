#include "master/control/controller.hpp"
#include "reconciler/rollout.hpp"
#include "tests/bench/memory.hpp"
#include "tests/support/world.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <map>
#include <memory>
#include <string_view>

namespace kontena::bench {
namespace {

constexpr int kServicesPerStack = 50;
constexpr int kNodes = 100;

/// How a new service wants to be placed.
enum class Wish { anywhere, constrained, spread };

/// Nodes in ten zones, a third of them with fast disks, in racks of 20, and one new service that
/// has no instance yet.
reconciler::LiveGrid pending(int nodes, int instances, Wish wish) {
    reconciler::LiveGrid out;
    core::GridId const grid("g");
    out.set_grid(std::make_shared<model::Grid const>(model::Grid{.id = grid, .name = "g"}));
    for (int i = 1; i <= nodes; ++i) {
        model::Node node{.id = core::node_id(grid, fmt::format("n{}", i)), .number = i};
        node.labels = {fmt::format("az={}", i % 10), fmt::format("rack={}", i / 20)};
        if (i % 3 == 0) node.labels.emplace_back("disk=ssd");
        node.connected = true;
        node.info = {.docker_version = "20.10", .mem_total = 64UL << 30, .cpus = 16};
        auto const id = node.id;
        out.set_node(id, std::make_shared<model::Node const>(std::move(node)));
    }
    auto named = test::service("web", instances);
    if (wish == Wish::constrained) named.spec.affinity = {"label==disk=ssd"};
    if (wish == Wish::spread) named.spec.deploy_opts.spread = "rack";
    model::Service service{.id = core::ServiceId("g/shop/web"), .deploys = 1};
    service.specs.push_back(
        {.number = 1, .spec = std::make_shared<model::ServiceSpec const>(std::move(named.spec))}
    );
    reconciler::ServiceView view;
    view.deploy = std::make_shared<model::Deploy const>(
        model::Deploy{.id = model::deploy_id(service.id, 1), .service = service.id, .revision = 1}
    );
    view.service = std::make_shared<model::Service const>(std::move(service));
    out.set_service(std::move(view));
    return out;
}

/// From pending to decided, on a grid that the master knows already: filters, placement,
/// explanations, assignments.
void placement(benchmark::State& state, int nodes, int instances, Wish wish) {
    auto grid = pending(nodes, instances, wish);
    core::ServiceId const service("g/shop/web");
    grid.cluster();
    reconciler::Lookup const none = [](core::ServiceId const&) { return nullptr; };
    for (auto _ : state) {
        auto const step = reconciler::advance(
            grid.cluster(),
            *grid.view().grid,
            grid.view().services.at(service),
            none,
            core::TimePoint(core::Seconds(1'800'000'000))
        );
        if (step.assign.size() != std::size_t(instances)) state.SkipWithError("not all placed");
        state.PauseTiming();
        grid.restore(service);
        state.ResumeTiming();
    }
    state.counters["instances_per_second"] =
        benchmark::Counter(double(instances), benchmark::Counter::kIsIterationInvariantRate);
    state.counters["peak_rss_mb"] = peak_rss_mb();
}

struct Workload {
    int nodes;
    int instances;
    Wish wish = Wish::anywhere;
};

/// The workloads that other schedulers publish.
constexpr Workload kWorkloads[] = {
    {1000, 1000},
    {1000, 10'000},
    {1000, 100'000},
    {5000, 100'000, Wish::constrained},
    {100'000, 1000},
    {100'000, 100'000},
    {1000, 50},
    {1000, 300},
    {1000, 1200},
    {5000, 50},
    {5000, 300},
    {5000, 1200},
    {10'000, 50},
    {10'000, 300},
    {10'000, 1200},
    {1000, 50, Wish::spread},
    {1000, 300, Wish::spread},
    {1000, 1200, Wish::spread},
    {5000, 50, Wish::spread},
    {5000, 300, Wish::spread},
    {5000, 1200, Wish::spread},
    {10'000, 50, Wish::spread},
    {10'000, 300, Wish::spread},
    {10'000, 1200, Wish::spread},
};

[[maybe_unused]] bool const registered = [] {
    constexpr std::string_view suffix[] = {"", "/constrained", "/spread"};
    for (auto const& one : kWorkloads) {
        auto const name = fmt::format(
            "placement/{}/{}{}", one.nodes, one.instances, suffix[std::size_t(one.wish)]
        );
        benchmark::RegisterBenchmark(name.c_str(), placement, one.nodes, one.instances, one.wish)
            ->Unit(benchmark::kMillisecond);
    }
    return true;
}();

/// A grid in which everything runs as it should. Made once: that takes longer than measuring.
test::World const& converged(int services, int instances) {
    static std::map<std::pair<int, int>, std::unique_ptr<test::World>> made;
    auto& world = made[{services, instances}];
    if (world) return *world;
    world = std::make_unique<test::World>();
    for (int i = 0; i < kNodes; ++i)
        world->add_node(fmt::format("n{}", i), {fmt::format("az={}", i % 4)});
    std::vector<model::StackSpec> stacks;
    for (int at = 0; at < services; at += kServicesPerStack) {
        std::vector<model::NamedService> members;
        for (int i = 0; i < kServicesPerStack; ++i)
            members.push_back(test::service(fmt::format("svc{}", i), instances));
        stacks.push_back(test::stack(fmt::format("stack{}", at), std::move(members)));
    }
    world->apply(std::move(stacks));
    world->settle();
    return *world;
}

/// What the master does after a node came or went, or once a minute: a look at every service.
void noop_reconcile(benchmark::State& state) {
    auto const& world = converged(int(state.range(0)), int(state.range(1)));
    master::Controller controller;
    controller.decide(world.state, world.now);
    for (auto _ : state) {
        controller.look_at_everything();
        if (!controller.decide(world.state, world.now).txn.empty())
            state.SkipWithError("something changed");
    }
    state.counters["services_per_second"] =
        benchmark::Counter(double(state.range(0)), benchmark::Counter::kIsIterationInvariantRate);
    state.counters["peak_rss_mb"] = peak_rss_mb();
}

/// What it does after one observation.
void noop_reconcile_one_dirty(benchmark::State& state) {
    auto const& world = converged(int(state.range(0)), int(state.range(1)));
    core::InstanceId const instance("g/stack0/svc0/1");
    auto const seen = world.state.find<model::Observation>(instance);
    master::Controller controller;
    auto changed = world.state;
    controller.decide(changed, world.now);
    for (auto _ : state) {
        changed.put<model::Observation>(std::make_shared<model::Observation const>(*seen));
        if (!controller.decide(changed, world.now).txn.empty())
            state.SkipWithError("something changed");
    }
    state.counters["peak_rss_mb"] = peak_rss_mb();
}

/// What it does at the first look after a start.
void first_reconcile(benchmark::State& state) {
    auto const& world = converged(int(state.range(0)), int(state.range(1)));
    for (auto _ : state) {
        master::Controller controller;
        if (!controller.decide(world.state, world.now).txn.empty())
            state.SkipWithError("something changed");
    }
    state.counters["peak_rss_mb"] = peak_rss_mb();
}

BENCHMARK(noop_reconcile)
    ->ArgNames({"services", "instances"})
    ->Args({10'000, 1})
    ->Args({10'000, 10})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(noop_reconcile_one_dirty)
    ->ArgNames({"services", "instances"})
    ->Args({10'000, 1})
    ->Args({10'000, 10})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(first_reconcile)
    ->ArgNames({"services", "instances"})
    ->Args({10'000, 1})
    ->Args({10'000, 10})
    ->Unit(benchmark::kMillisecond);

} // namespace
} // namespace kontena::bench
