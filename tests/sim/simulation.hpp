#pragma once

#include "tests/sim/agent.hpp"
#include "tests/sim/engine.hpp"
#include "tests/sim/laws.hpp"
#include "tests/sim/master.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/scenario.hpp"
#include "tests/sim/watcher.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace kontena::sim {

/// How a run came out.
struct Outcome {
    std::optional<Violation> violation;
    std::uint64_t fingerprint = 0; ///< the same for the same run
    std::uint64_t events = 0;
    std::vector<Timeline::Line> lines; ///< if they were asked for
    master::State state;               ///< what the master shows at the end
    std::string not_converged;         ///< why the grid is not as the last commit wants it
};

enum class Wanted {
    verdict,  ///< only whether all laws hold
    timeline, ///< and what happened, in words
};

inline constexpr auto kConvergence = "the grid converges once all faults are over";

/// Runs a scenario to its end, or to the first law that is broken.
Outcome run(Scenario const& scenario, Wanted wanted);

/// One grid, from its start. Shares nothing with others.
class Simulation {
public:
    Simulation(Scenario const& scenario, Wanted wanted);

    Outcome run();

private:
    struct Machine {
        std::unique_ptr<Engine> engine;
        std::unique_ptr<Agent> agent;
        int off = 0;        ///< how many faults keep it without power
        int agent_down = 0; ///< how many keep its agent down
    };

    void begin(Fault const& fault);
    void end(Fault const& fault);
    void of_machine(Fault const& fault, std::size_t index, bool begins);
    void of_master(Fault const& fault, bool begins);
    void hold_agent(Machine& machine, bool begins);
    void power(Machine& machine, bool begins);
    void block(Fault const& fault, std::size_t index, bool begins);
    void strike(Fault const& fault, Engine& engine);
    void squat(Fault const& fault, Engine& engine, bool begins);
    void tell_decision(master::State const& before, master::Txn const& txn);
    void watch();
    std::vector<HostView> hosts() const;

    Scenario const& scenario_;
    Schedule schedule_;
    Timeline timeline_;
    Laws laws_;
    Network network_;
    Master master_;
    std::vector<Machine> machines_;
    RunningWatch running_;
    int master_down_ = 0;
    Time watched_{0};
};

} // namespace kontena::sim
