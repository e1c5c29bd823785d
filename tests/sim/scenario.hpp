#pragma once

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/model/stack_spec.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// A scenario says all that happens to a grid from outside. Running it twice gives the same run.
/// Times are milliseconds since the start.
namespace kontena::sim {

enum class Behaviour {
    good,
    missing,        ///< no registry has it
    crashes,        ///< each container exits when it should become ready
    flaky,          ///< every other container does
    never_ready,    ///< its port stays closed and its health checks fail
    will_not_start, ///< the engine cannot start it
};
BOOST_DESCRIBE_ENUM(Behaviour, good, missing, crashes, flaky, never_ready, will_not_start)

/// How containers of an image behave. An image that a scenario does not mention is good.
struct Image {
    std::string name;
    core::Millis pull{2000};
    core::Millis ready{500}; ///< from the start of a container until its port is open
    Behaviour behaviour = Behaviour::good;
};
BOOST_DESCRIBE_STRUCT(Image, (), (name, pull, ready, behaviour))

struct Host {
    std::string name;
    std::vector<std::string> labels;
    std::uint64_t memory = 8ULL << 30;
    int cpus = 4;
    core::Millis skew{0}; ///< of its clock
};
BOOST_DESCRIBE_STRUCT(Host, (), (name, labels, memory, cpus, skew))

/// All that the repository says from a moment on.
struct Commit {
    core::Millis at{0};
    std::string id;
    bool retry = false; ///< somebody asks for a sync by hand, which tries again what failed
    std::vector<std::shared_ptr<model::StackSpec const>> stacks;
};
BOOST_DESCRIBE_STRUCT(Commit, (), (at, id, retry, stacks))

enum class FaultKind {
    agent_crash,     ///< the agent's process is killed; it is started again after `lasts`
    host_crash,      ///< power loss; the host is up again after `lasts`
    engine_down,     ///< the engine answers nothing; containers run on
    container_crash, ///< one of our containers on the node exits
    container_gone,  ///< somebody removes one of our containers by hand
    squatter,        ///< somebody runs a container under a name of ours
    partition,       ///< nothing passes between node and master
    deaf,            ///< nothing passes from the master to the node
    mute,            ///< nothing passes from the node to the master
    delay,           ///< messages take up to `amount` ms longer
    reorder,         ///< messages overtake one another
    duplicate,       ///< messages arrive twice
    slow_pull,       ///< the registry is `amount` times slower
    no_pull,         ///< the registry does not answer
    skew,            ///< the node's clock is set by `amount` ms; without node, the master's
    drain,           ///< the node is drained, and active again after `lasts`
    master_crash,    ///< the master is killed; it is started again after `lasts`
    slow_disk,       ///< writes of the master take `amount` ms
    broken_disk,     ///< writes of the master are refused
};
BOOST_DESCRIBE_ENUM(
    FaultKind,
    agent_crash,
    host_crash,
    engine_down,
    container_crash,
    container_gone,
    squatter,
    partition,
    deaf,
    mute,
    delay,
    reorder,
    duplicate,
    slow_pull,
    no_pull,
    skew,
    drain,
    master_crash,
    slow_disk,
    broken_disk
)

struct Fault {
    FaultKind kind = FaultKind::agent_crash;
    core::Millis at{0};
    core::Millis lasts{0};
    std::string node; ///< empty: the master, or with faults of nodes all of them
    int amount = 0;
};
BOOST_DESCRIBE_STRUCT(Fault, (), (kind, at, lasts, node, amount))

struct Scenario {
    std::uint64_t seed = 0; ///< of delays and other small matters
    core::Millis until{600'000};
    std::vector<Host> nodes;
    std::vector<Image> images;
    std::vector<Commit> commits;
    std::vector<Fault> faults;
};
BOOST_DESCRIBE_STRUCT(Scenario, (), (seed, until, nodes, images, commits, faults))

/// Whether faults of the kind concern the master, not a node.
bool of_master(FaultKind kind);

/// The names of all kinds.
std::string fault_kinds();

/// `partition on n3 for 30.0s`
std::string describe(Fault const& fault);

/// `12.345s`, aligned.
std::string clock_text(core::Millis time);

core::Result<Scenario> read_scenario(std::string_view json);
core::Result<std::vector<Fault>> read_faults(std::string_view json);
core::Result<std::vector<Host>> read_hosts(std::string_view json);
std::string write_scenario(Scenario const& scenario);

} // namespace kontena::sim
