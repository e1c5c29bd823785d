#pragma once

#include "master/store/state.hpp"
#include "tests/sim/agent.hpp"
#include "tests/sim/engine.hpp"
#include "tests/sim/laws.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

/// The laws that are watched from outside of the parts.
namespace kontena::sim {

/// Laws about decisions: each transaction of the master, before it is written.
void check_decision(Laws& laws, master::State const& before, master::Txn const& txn);

struct HostView {
    Engine const* engine = nullptr;
    Agent const* agent = nullptr;
};

/// Laws about what runs, at every moment.
class RunningWatch {
public:
    void check(Laws& laws, std::vector<HostView> const& hosts, Time now);

    /// The instance was withdrawn: what a host that cannot be reached has of it is no instance any
    /// more, although it may run there until the host hears of it.
    void withdrawn(core::InstanceId const& id);

private:
    std::set<std::string> withdrawn_;         ///< names of containers
    std::map<std::string, Time> twice_since_; ///< by name of the container
};

/// Why the grid is not what `stacks` want; empty when it is, down to the last container.
std::string not_converged(
    master::State const& state,
    std::vector<std::shared_ptr<model::StackSpec const>> const& stacks,
    std::vector<HostView> const& hosts
);

} // namespace kontena::sim
