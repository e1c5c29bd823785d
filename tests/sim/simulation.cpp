#include "tests/sim/simulation.hpp"

#include "core/json/codec.hpp"
#include "reconciler/node/identity.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::sim {
namespace {

namespace node = reconciler::node;
using namespace std::chrono_literals;

constexpr core::Millis kWatchInterval = 5s; ///< when nothing changes

/// What else runs on a host: a database of its owner, a container of another grid that has the
/// name of one of ours, and one from an image that somebody committed from one of ours.
void add_strangers(Engine& engine) {
    engine.run_foreign("postgres", {});
    node::Labels labels{
        {node::label::container_type, node::kInstanceContainer},
        {node::label::container_name, "s.svc1-1"},
        {node::label::service_revision, "1"},
        {node::label::spec_digest, "0"},
        {node::label::service_id, "g/s/svc1"},
        {node::label::service_name, "svc1"},
        {node::label::instance_number, "1"},
        {node::label::stack_name, "s"},
        {node::label::grid_name, "g"},
    };
    engine.run_foreign("copy-of-svc1", labels);
    labels[node::label::grid_name] = "other";
    labels[node::label::container_name] = "s.other-1";
    engine.run_foreign("s.other-1", labels);
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
    return (hash ^ value) * 0x100000001b3ULL;
}

void shift(int& counter, bool up) { counter += up ? 1 : -1; }

/// An amount that holds while the fault does; the newest fault wins.
void set(int& value, bool begins, int amount) { value = begins ? amount : 0; }

} // namespace

Simulation::Simulation(Scenario const& scenario, Wanted wanted)
    : scenario_(scenario)
    , timeline_(schedule_, wanted == Wanted::timeline)
    , laws_(schedule_)
    , network_(schedule_, scenario.nodes.size(), scenario.seed)
    , master_(schedule_, timeline_, laws_, network_, scenario.seed) {
    for (std::size_t i = 0; i < scenario.nodes.size(); ++i) {
        auto const& host = scenario.nodes[i];
        auto engine = std::make_unique<Engine>(
            schedule_, timeline_, laws_, host.name, scenario.images, scenario.seed
        );
        add_strangers(*engine);
        auto agent = std::make_unique<Agent>(
            schedule_, timeline_, laws_, network_, *engine, host, i, scenario.seed
        );
        machines_.push_back({.engine = std::move(engine), .agent = std::move(agent)});
    }
    network_.connect(
        [this](std::size_t from, Packet const& packet) { master_.receive(from, packet); },
        [this](std::size_t to, Packet const& packet) { machines_[to].agent->receive(packet); }
    );
    master_.store().on_decided = [this](master::State const& before, master::Txn const& txn) {
        check_decision(laws_, before, txn);
        for (auto const& change : txn.changes()) {
            if (change.is<model::Assignment>() && change.is_removal())
                running_.withdrawn(core::InstanceId(change.key));
        }
        tell_decision(before, txn);
    };
    schedule_.at(0ms, [this] { master_.start(); });
    for (auto& machine : machines_) schedule_.at(1ms, [&machine] { machine.agent->start(); });
    for (auto const& commit : scenario.commits)
        schedule_.at(commit.at, [this, &commit] { master_.push(commit); });
    for (auto const& fault : scenario.faults) {
        schedule_.at(fault.at, [this, &fault] { begin(fault); });
        schedule_.at(fault.at + fault.lasts, [this, &fault] { end(fault); });
    }
}

Outcome Simulation::run() {
    Outcome out;
    while (!schedule_.empty() && schedule_.next() <= scenario_.until && !laws_.first()) {
        schedule_.step();
        watch();
        ++out.events;
        out.fingerprint = mix(out.fingerprint, std::uint64_t(schedule_.now().count()));
        out.fingerprint = mix(out.fingerprint, master_.store().head().index);
    }
    if (!scenario_.commits.empty())
        out.not_converged =
            not_converged(master_.store().durable(), scenario_.commits.back().stacks, hosts());
    out.violation = laws_.first();
    if (!out.violation && !out.not_converged.empty())
        out.violation = Violation{schedule_.now(), kConvergence, out.not_converged};
    out.lines = timeline_.lines();
    out.state = master_.store().durable();
    return out;
}

std::vector<HostView> Simulation::hosts() const {
    std::vector<HostView> out;
    for (auto const& machine : machines_)
        out.push_back({.engine = machine.engine.get(), .agent = machine.agent.get()});
    return out;
}

void Simulation::watch() {
    bool changed = schedule_.now() >= watched_ + kWatchInterval;
    for (auto& machine : machines_) changed = machine.engine->take_changed() || changed;
    if (!changed) return;
    watched_ = schedule_.now();
    running_.check(laws_, hosts(), schedule_.now());
}

void Simulation::begin(Fault const& fault) {
    timeline_.note([&] { return "FAULT " + describe(fault); });
    if (sim::of_master(fault.kind) || (fault.kind == FaultKind::skew && fault.node.empty()))
        return of_master(fault, true);
    for (std::size_t i = 0; i < machines_.size(); ++i) {
        if (fault.node.empty() || machines_[i].agent->name() == fault.node)
            of_machine(fault, i, true);
    }
}

void Simulation::end(Fault const& fault) {
    if (fault.lasts.count() > 0) timeline_.note([&] { return "END OF FAULT " + describe(fault); });
    if (sim::of_master(fault.kind) || (fault.kind == FaultKind::skew && fault.node.empty()))
        return of_master(fault, false);
    for (std::size_t i = 0; i < machines_.size(); ++i) {
        if (fault.node.empty() || machines_[i].agent->name() == fault.node)
            of_machine(fault, i, false);
    }
}

void Simulation::of_master(Fault const& fault, bool begins) {
    auto& disk = master_.store().trouble;
    switch (fault.kind) {
    case FaultKind::master_crash:
        shift(master_down_, begins);
        master_down_ > 0 ? master_.kill() : master_.start();
        break;
    case FaultKind::slow_disk:
        set(disk.slow, begins, fault.amount);
        break;
    case FaultKind::broken_disk:
        shift(disk.broken, begins);
        break;
    default: // skew; a clock that was set stays so
        if (begins) master_.skew(core::Millis(fault.amount));
    }
}

void Simulation::of_machine(Fault const& fault, std::size_t index, bool begins) {
    auto& machine = machines_[index];
    auto& engine = *machine.engine;
    auto& lanes = network_.trouble(index);
    switch (fault.kind) {
    case FaultKind::agent_crash:
        return hold_agent(machine, begins);
    case FaultKind::host_crash:
        return power(machine, begins);
    case FaultKind::engine_down:
        return shift(engine.trouble.down, begins);
    case FaultKind::container_crash:
    case FaultKind::container_gone:
        if (begins) strike(fault, engine);
        return;
    case FaultKind::squatter:
        return squat(fault, engine, begins);
    case FaultKind::partition:
    case FaultKind::deaf:
    case FaultKind::mute:
        return block(fault, index, begins);
    case FaultKind::delay:
        return set(lanes.delay, begins, fault.amount);
    case FaultKind::reorder:
        return shift(lanes.reorder, begins);
    case FaultKind::duplicate:
        return shift(lanes.duplicate, begins);
    case FaultKind::slow_pull:
        return set(engine.trouble.slow_pull, begins, fault.amount);
    case FaultKind::no_pull:
        return shift(engine.trouble.no_pull, begins);
    case FaultKind::skew:
        if (begins) machine.agent->skew(core::Millis(fault.amount));
        return;
    case FaultKind::drain:
        return master_.set_availability(
            machine.agent->name(), begins ? model::Availability::drain : model::Availability::active
        );
    default:
        return;
    }
}

void Simulation::hold_agent(Machine& machine, bool begins) {
    shift(machine.agent_down, begins);
    machine.agent_down > 0 ? machine.agent->kill() : machine.agent->start();
}

void Simulation::power(Machine& machine, bool begins) {
    shift(machine.off, begins);
    machine.off > 0 ? machine.engine->power_off() : machine.engine->power_on();
    hold_agent(machine, begins);
}

void Simulation::block(Fault const& fault, std::size_t index, bool begins) {
    auto& lanes = network_.trouble(index);
    if (fault.kind != FaultKind::deaf) shift(lanes.up_blocked, begins);
    if (fault.kind != FaultKind::mute) shift(lanes.down_blocked, begins);
    if (!begins) network_.retry(index);
}

/// The `amount`-th of our containers that run there.
void Simulation::strike(Fault const& fault, Engine& engine) {
    std::vector<std::string> names;
    for (auto const& [name, container] : engine.containers()) {
        if (container.ours && container.running()) names.push_back(name);
    }
    if (names.empty()) return;
    auto const& name = names[std::size_t(fault.amount) % names.size()];
    fault.kind == FaultKind::container_crash ? engine.crash(name) : engine.take_away(name);
}

/// Takes the name of the first instance of the `amount`-th service.
void Simulation::squat(Fault const& fault, Engine& engine, bool begins) {
    std::vector<std::string> names;
    for (auto const& stack : scenario_.commits.front().stacks) {
        for (auto const& service : stack->services)
            names.push_back(node::container_name(stack->name, service.name, 1));
    }
    if (names.empty()) return;
    auto const& name = names[std::size_t(fault.amount) % names.size()];
    begins ? engine.run_foreign(name, {}) : engine.end_foreign(name);
}

/// What the master decided, for the timeline.
void Simulation::tell_decision(master::State const& before, master::Txn const& txn) {
    timeline_.note([&] {
        std::string out;
        auto const add = [&](std::string const& text) { out += (out.empty() ? "" : "; ") + text; };
        for (auto const& change : txn.changes()) {
            if (change.is<model::Assignment>()) {
                auto const& was = std::get<master::Pointer<model::Assignment>>(change.before);
                auto const& is = std::get<master::Pointer<model::Assignment>>(change.after);
                if (!is) {
                    add(fmt::format("{} withdrawn from {}", change.key, was->node.leaf()));
                } else if (!was || was->node != is->node || was->revision != is->revision) {
                    add(fmt::format("{} → {} (revision {})", is->id, is->node.leaf(), is->revision)
                    );
                }
            } else if (change.is<model::Deploy>()) {
                auto const& is = std::get<master::Pointer<model::Deploy>>(change.after);
                auto const was = before.find<model::Deploy>(core::DeployId(change.key));
                if (!is || (was && was->state == is->state)) continue;
                add(fmt::format(
                    "deploy {} {}{}{}",
                    is->id,
                    json::enum_name(is->state),
                    is->reason.empty() ? "" : ": ",
                    is->reason
                ));
            } else if (change.is<model::Node>()) {
                auto const& is = std::get<master::Pointer<model::Node>>(change.after);
                auto const& was = std::get<master::Pointer<model::Node>>(change.before);
                if (was && was->connected != is->connected)
                    add(fmt::format("{} {}", is->id, is->connected ? "online" : "offline"));
            }
        }
        return out;
    });
}

Outcome run(Scenario const& scenario, Wanted wanted) { return Simulation(scenario, wanted).run(); }

} // namespace kontena::sim
