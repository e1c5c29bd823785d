#include "tests/sim/generate.hpp"
#include "tests/sim/master.hpp"
#include "tests/sim/report.hpp"
#include "tests/sim/shrink.hpp"
#include "tests/sim/watcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

/// The simulator itself: that it repeats, shrinks, and notices.
namespace kontena::sim {
namespace {

/// One service on three nodes.
Scenario small(Behaviour behaviour = Behaviour::good) {
    model::StackSpec stack{.name = "s", .stack = "s"};
    stack.services.push_back({.name = "web"});
    stack.services.back().spec.image = "web:1";
    stack.services.back().spec.instances = 3;
    Scenario out{.seed = 1, .until = core::Millis(120'000)};
    for (auto const* name : {"n1", "n2", "n3"}) out.nodes.push_back({.name = name});
    out.images.push_back({.name = "web:1", .behaviour = behaviour});
    out.commits.push_back({.at = core::Millis(1000), .id = "c1"});
    out.commits.back().stacks.push_back(std::make_shared<model::StackSpec const>(stack));
    return out;
}

model::Node node(std::string const& name) {
    return {.id = core::node_id(kGrid, name), .number = name.back() - '0', .connected = true};
}

/// A stateful service whose instance 1 is on n1.
master::State with_data_on_n1() {
    auto out = initial_state();
    for (auto const* name : {"n1", "n2"})
        out.put<model::Node>(std::make_shared<model::Node const>(node(name)));
    model::ServiceSpec spec{.image = "db:1", .stateful = true};
    model::Service service{.id = core::ServiceId("g/s/db")};
    service.specs.push_back({1, std::make_shared<model::ServiceSpec const>(spec), {}, {}});
    out.put<model::Service>(std::make_shared<model::Service const>(service));
    model::Assignment assignment{.id = core::InstanceId("g/s/db/1"), .number = 1};
    assignment.node = core::NodeId("g/n1");
    assignment.revision = 1;
    out.put<model::Assignment>(std::make_shared<model::Assignment const>(assignment));
    return out;
}

std::optional<Violation> verdict_on(model::Assignment const& next) {
    Schedule const schedule;
    Laws laws(schedule);
    auto const before = with_data_on_n1();
    master::Txn txn(before, {});
    txn.put(next);
    check_decision(laws, before, txn);
    return laws.first();
}

TEST(Simulation, a_healthy_grid_converges) {
    auto const outcome = run(small(), Wanted::verdict);
    EXPECT_FALSE(outcome.violation) << outcome.violation->what;
}

TEST(Simulation, notices_what_does_not_run) {
    for (auto const behaviour :
         {Behaviour::missing, Behaviour::crashes, Behaviour::will_not_start}) {
        auto const outcome = run(small(behaviour), Wanted::verdict);
        ASSERT_TRUE(outcome.violation);
        EXPECT_EQ(outcome.violation->law, kConvergence);
    }
}

TEST(Simulation, heals_what_a_fault_took) {
    for (auto const kind : {FaultKind::host_crash, FaultKind::master_crash, FaultKind::duplicate}) {
        auto scenario = small();
        scenario.faults.push_back(
            {.kind = kind, .at = core::Millis(2000), .lasts = core::Millis(20'000)}
        );
        auto const outcome = run(scenario, Wanted::verdict);
        EXPECT_FALSE(outcome.violation) << describe(scenario.faults.front());
    }
}

TEST(Simulation, takes_the_same_course_from_a_file) {
    auto const scenario = generate(7);
    auto const again = read_scenario(write_scenario(scenario));
    ASSERT_TRUE(again) << core::to_string(again.error());
    auto const first = run(scenario, Wanted::verdict);
    auto const second = run(*again, Wanted::timeline);
    EXPECT_EQ(first.fingerprint, second.fingerprint);
    EXPECT_NE(first.fingerprint, run(generate(8), Wanted::verdict).fingerprint);
}

/// What once broke a law, kept as the scenario that showed it.
TEST(Simulation, scenarios_that_were_mended_hold) {
    int count = 0;
    for (auto const& entry : std::filesystem::directory_iterator("tests/data/sim")) {
        std::ifstream file(entry.path());
        std::string const text{std::istreambuf_iterator<char>(file), {}};
        auto const scenario = read_scenario(text);
        ASSERT_TRUE(scenario) << entry.path() << ": " << core::to_string(scenario.error());
        auto const outcome = run(*scenario, Wanted::verdict);
        EXPECT_FALSE(outcome.violation) << entry.path() << ": " << outcome.violation->what;
        ++count;
    }
    EXPECT_GT(count, 0);
}

TEST(Laws, stateful_data_that_moves_is_noticed) {
    model::Assignment next{.id = core::InstanceId("g/s/db/1"), .number = 1};
    next.revision = 1;
    next.node = core::NodeId("g/n1");
    EXPECT_FALSE(verdict_on(next));
    next.node = core::NodeId("g/n2");
    EXPECT_EQ(verdict_on(next)->law, "stateful data never moves");
}

TEST(Laws, a_place_that_a_filter_refuses_is_noticed) {
    model::Assignment next{.id = core::InstanceId("g/s/db/2"), .number = 2};
    next.revision = 1;
    next.node = core::NodeId("g/n9");
    EXPECT_EQ(verdict_on(next)->law, "a filter is never violated");
}

TEST(Shrink, leaves_only_what_matters) {
    auto scenario = generate(3);
    scenario.faults.push_back({.kind = FaultKind::broken_disk});
    Shows const shows = [](Scenario const& s) {
        return std::ranges::any_of(s.faults, [](Fault const& f) {
            return f.kind == FaultKind::broken_disk;
        });
    };
    auto const found = shrink(scenario, 1, 1000, shows);
    EXPECT_EQ(found.faults.size(), 1U);
    EXPECT_EQ(found.commits.size(), 1U);
    EXPECT_TRUE(found.nodes.empty());
}

} // namespace
} // namespace kontena::sim
