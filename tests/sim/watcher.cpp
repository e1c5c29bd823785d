#include "tests/sim/watcher.hpp"

#include "core/json/codec.hpp"
#include "core/model/affinity.hpp"
#include "master/control/controller.hpp"
#include "master/control/grid_views.hpp"
#include "reconciler/gates.hpp"
#include "reconciler/node/identity.hpp"
#include "reconciler/node/pod.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::sim {
namespace {

namespace node = reconciler::node;
using master::State;
using model::Assignment;

using AssignmentPtr = std::shared_ptr<Assignment const>;

constexpr core::Millis kTwiceAtMost{60'000}; ///< while an instance moves between living nodes

std::shared_ptr<model::ServiceSpec const> spec_of(State const& state, Assignment const& of) {
    auto const service = state.find<model::Service>(core::service_of(of.id));
    return service ? service->spec_at(of.revision) : nullptr;
}

bool serves(State const& state, reconciler::Instance const& instance) {
    if (!instance.assignment || reconciler::judge(instance).gate != reconciler::Gate::ready)
        return false;
    auto const at = state.find<model::Node>(instance.assignment->node);
    return at && at->connected;
}

int serving(State const& state, core::ServiceId const& service) {
    auto const view = master::service_view(state, service);
    if (!view) return 0;
    return int(std::ranges::count_if(view->instances, [&](auto const& i) {
        return serves(state, i);
    }));
}

/// Nobody but we take instances down here: what we take must leave `min_health` of the rest.
void check_health(
    Laws& laws, State const& before, State const& after, core::ServiceId const& service
) {
    auto const was = before.find<model::Service>(service);
    auto const is = after.find<model::Service>(service);
    if (!was || !is || is->state != model::ServiceState::running) return;
    auto const& spec = is->spec();
    if (spec.strategy == model::Strategy::daemon) return; // its number follows the nodes
    auto const floor_of = [](model::ServiceSpec const& s) {
        return s.instances - reconciler::unavailable_budget(s.instances, s.deploy_opts.min_health);
    };
    // One transaction may first take a step and then change what is wanted.
    auto const total = spec.instances;
    auto const floor = std::min(floor_of(was->spec()), floor_of(spec));
    auto const had = serving(before, service);
    auto const have = serving(after, service);
    if (have >= had || have >= floor) return;
    laws.broken(
        "never below min_health because of us",
        fmt::format(
            "{}: {} instead of {} instances serve, of {} wanted with min_health {}",
            service,
            have,
            had,
            total,
            spec.deploy_opts.min_health
        )
    );
}

std::string
affinity_broken(State const& state, Assignment const& assignment, model::ServiceSpec const& spec) {
    auto const at = state.find<model::Node>(assignment.node);
    for (auto const& text : spec.affinity) {
        auto const rule = model::parse_affinity(text);
        bool const simple = rule && !rule->soft && !rule->regex;
        if (!simple) continue;
        auto const value = model::with_instance(rule->value, assignment.number);
        bool match = false;
        if (rule->key == model::AffinityKey::label) {
            match = std::ranges::find(at->labels, value) != at->labels.end();
        } else if (rule->key == model::AffinityKey::node) {
            match = at->id.leaf() == value;
        } else {
            continue;
        }
        if (match == rule->negated) return text;
    }
    return {};
}

/// A new place must be one that may hold it.
void check_place(Laws& laws, State const& state, Assignment const& assignment) {
    auto const spec = spec_of(state, assignment);
    auto const complain = [&](std::string const& what) {
        laws.broken(
            "a filter is never violated",
            fmt::format("{} is put on {}: {}", assignment.id, assignment.node.leaf(), what)
        );
    };
    auto const at = state.find<model::Node>(assignment.node);
    if (!at) return complain("there is no such node");
    if (!at->connected) return complain("it is not connected");
    if (at->availability != model::Availability::active) return complain("it is being drained");
    if (!spec) return complain("there is no such spec");
    if (auto const rule = affinity_broken(state, assignment, *spec); !rule.empty()) complain(rule);
}

/// Of assignments to the newest specs: an instance that waits for its replacement is left out.
void check_ports(Laws& laws, State const& state, Assignment const& assignment) {
    auto const service = state.find<model::Service>(core::service_of(assignment.id));
    if (!service || assignment.revision != service->current().number) return;
    if (service->spec().ports.empty()) return;
    state.all<Assignment>().for_each([&](auto const& id, AssignmentPtr const& other) {
        if (id == assignment.id || other->node != assignment.node) return;
        auto const theirs = state.find<model::Service>(core::service_of(id));
        if (!theirs || other->revision != theirs->current().number) return;
        for (auto const& taken : theirs->spec().ports) {
            for (auto const& port : service->spec().ports) {
                if (!reconciler::collide({taken.protocol, taken.node_port, taken.ip}, port))
                    continue;
                laws.broken(
                    "no port is given twice",
                    fmt::format(
                        "{} to {} and {} on {}",
                        port.node_port,
                        id,
                        assignment.id,
                        assignment.node.leaf()
                    )
                );
            }
        }
    });
}

void check_assignment(
    Laws& laws,
    State const& before,
    State const& after,
    AssignmentPtr const& was,
    AssignmentPtr const& is
) {
    if (!is) return;
    bool const stays = was && was->node == is->node;
    if (!stays) check_place(laws, after, *is);
    if (!stays || was->revision != is->revision) check_ports(laws, after, *is);
    if (is->number < 1 || is->id != core::instance_id(core::service_of(is->id), is->number))
        laws.broken("never two instances with one number", is->id.str());
    if (stays || !was) return;
    auto const spec = spec_of(before, *was);
    if (spec && spec->stateful && after.find<model::Node>(was->node))
        laws.broken(
            "stateful data never moves",
            fmt::format("{} from {} to {}", is->id, was->node.leaf(), is->node.leaf())
        );
}

/// Nobody else has ports in a simulation, so that none may be in the way. (What was said last
/// before a deadline is no reason: the node may have been out of reach since.)
void check_deploy(Laws& laws, model::Deploy const& deploy) {
    if (!deploy.failure || deploy.failure->reason.starts_with("not ready after")) return;
    if (node::port_taken(deploy.failure->reason))
        laws.broken("no port is given on before it is free", deploy.reason);
}

} // namespace

void check_decision(Laws& laws, State const& before, master::Txn const& txn) {
    std::set<core::ServiceId> touched;
    auto const& after = txn.state();
    for (auto const& change : txn.changes()) {
        if (change.is<model::Deploy>()) {
            auto const& deploy = std::get<master::Pointer<model::Deploy>>(change.after);
            if (deploy) check_deploy(laws, *deploy);
        }
        if (!change.is<Assignment>()) continue;
        auto const id = core::InstanceId(change.key);
        touched.insert(core::service_of(id));
        // The last change of an object is what counts.
        check_assignment(
            laws, before, after, before.find<Assignment>(id), after.find<Assignment>(id)
        );
    }
    for (auto const& service : touched) check_health(laws, before, after, service);
}

void RunningWatch::withdrawn(core::InstanceId const& id) {
    withdrawn_.insert(node::container_name(id));
}

void RunningWatch::check(Laws& laws, std::vector<HostView> const& hosts, Time now) {
    struct Seen {
        int running = 0;
        int informed = 0; ///< on hosts whose agent is told what to do
        bool stateful = false;
    };

    std::map<std::string, Seen> seen;
    for (auto const& host : hosts) {
        for (auto const& name : host.engine->foreign()) {
            auto const* one = host.engine->inspect(name);
            if (one == nullptr || !one->running())
                laws.broken("containers of others are never touched", name);
        }
        for (auto const& [name, container] : host.engine->containers()) {
            if (!container.ours || !container.running()) continue;
            auto& entry = seen[name];
            ++entry.running;
            entry.stateful = entry.stateful || container.ours->stateful;
            if (host.agent->connected() && host.engine->answers()) ++entry.informed;
        }
    }
    std::erase_if(twice_since_, [&](auto const& entry) {
        auto const it = seen.find(entry.first);
        return it == seen.end() || it->second.informed < 2;
    });
    for (auto const& [name, entry] : seen) {
        if (entry.stateful && entry.running > 1 && !withdrawn_.contains(name))
            laws.broken(
                "never two instances with one number", name + " is stateful and runs twice"
            );
        if (entry.informed < 2) continue;
        auto const since = twice_since_.try_emplace(name, now).first->second;
        if (now > since + kTwiceAtMost)
            laws.broken("never two instances with one number", name + " runs twice and stays so");
    }
}

namespace {

/// One service: its assignments, what the master knows, and its containers.
std::string service_not_converged(
    State const& state,
    core::ServiceId const& id,
    model::ServiceSpec const& wanted,
    std::vector<HostView> const& hosts,
    std::set<std::string>& expected
) {
    auto const view = master::service_view(state, id);
    if (!view) return fmt::format("there is no service {}", id);
    if (!model::same_container(view->service->spec(), wanted) ||
        view->service->spec().instances != wanted.instances)
        return fmt::format("{} has another definition than the commit", id);
    if (!view->deploy || view->deploy->state != model::DeployState::success)
        return fmt::format(
            "the deploy of {} is not done: {}", id, view->deploy ? view->deploy->reason : "none"
        );
    if (wanted.strategy != model::Strategy::daemon &&
        int(view->instances.size()) != wanted.instances)
        return fmt::format("{} has {} instances", id, view->instances.size());
    if (wanted.strategy == model::Strategy::daemon && wanted.affinity.empty() &&
        view->instances.size() != hosts.size() * std::size_t(wanted.instances))
        return fmt::format(
            "{} has {} instances on {} nodes", id, view->instances.size(), hosts.size()
        );
    auto const digest = node::spec_digest(view->service->spec());
    for (auto const& instance : view->instances) {
        if (!instance.assignment)
            return fmt::format("{}-{} is not assigned but reported", id, instance.number);
        if (!serves(state, instance))
            return fmt::format(
                "{}-{} does not serve: {}", id, instance.number, reconciler::judge(instance).reason
            );
        auto const name = node::container_name(instance.assignment->id);
        expected.insert(std::string(instance.assignment->node.leaf()) + "/" + name);
        auto const host = std::ranges::find_if(hosts, [&](HostView const& h) {
            return h.agent->name() == instance.assignment->node.leaf();
        });
        auto const* container = host->engine->inspect(name);
        if (container == nullptr || !container->running())
            return fmt::format("{} does not run on {}", name, instance.assignment->node.leaf());
        if (!container->ours || container->ours->digest != digest)
            return fmt::format("{} runs another definition", name);
    }
    return {};
}

} // namespace

std::string not_converged(
    State const& state,
    std::vector<std::shared_ptr<model::StackSpec const>> const& stacks,
    std::vector<HostView> const& hosts
) {
    std::set<std::string> expected;
    std::size_t services = 0;
    for (auto const& stack : stacks) {
        for (auto const& service : stack->services) {
            ++services;
            auto const id =
                core::service_id(core::stack_id(core::GridId("g"), stack->name), service.name);
            auto why = service_not_converged(state, id, service.spec, hosts, expected);
            if (!why.empty()) return why;
        }
    }
    if (state.all<model::Service>().size() != services) return "services are left over";
    for (auto const& host : hosts) {
        for (auto const& [name, container] : host.engine->containers()) {
            if (!container.ours) continue;
            auto const place = std::string(host.agent->name()) + "/" + name;
            // Data of what is gone may be kept, but nothing runs there.
            bool const kept = container.ours->stateful && !container.running();
            if (!expected.contains(place) && !kept) return place + " is left over";
        }
    }
    return {};
}

} // namespace kontena::sim
