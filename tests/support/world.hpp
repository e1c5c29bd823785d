#pragma once

#include "master/control/controller.hpp"
#include "master/store/state.hpp"
#include "reconciler/plan.hpp"
#include "reconciler/rollout.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace kontena::test {

/// A grid on paper: the real plan, placement and rollout code over the master's state, with agents
/// that do what they are told, at once or as a test says. Time stands still unless it is moved.
class World {
public:
    /// What the agent of a node reports about an assignment; the default: it runs.
    using Agent = std::function<void(model::Assignment const&, model::Observation&)>;

    World();

    core::NodeId add_node(std::string const& name, std::vector<std::string> labels = {});
    void set_connected(std::string const& node, bool connected);
    void set_availability(std::string const& node, model::Availability availability);
    void remove_node(std::string const& node);

    /// Applies the stacks as one revision of source `src`.
    model::Plan apply(std::vector<model::StackSpec> stacks, bool prune = true);
    core::Result<reconciler::Prepared>
    plan(std::vector<model::StackSpec> stacks, bool prune = true);

    /// Plans at most so many moves and carries them out.
    model::Plan rebalance(int moves);

    /// One look of the controller; true when something changed.
    bool reconcile();
    /// One report of every connected agent.
    void report();
    /// reconcile() and report() until nothing changes; fails the test after 1,000 rounds.
    void settle();

    void advance(core::Seconds by) { now += by; }

    std::vector<int> numbers(std::string const& service) const;
    std::string node_of(std::string const& service, int number) const;
    std::map<std::string, int> spread(std::string const& service) const;
    int ready(std::string const& service) const;
    model::Deploy deploy(std::string const& service) const;

    master::State state;
    core::TimePoint now;
    Agent agent;
    core::GridId const grid{"g"};

private:
    master::Controller controller_;
    int next_number_ = 1;
};

model::StackSpec stack(std::string name, std::vector<model::NamedService> services);
model::NamedService
service(std::string name, int instances = 1, model::Strategy strategy = model::Strategy::ha);

} // namespace kontena::test
