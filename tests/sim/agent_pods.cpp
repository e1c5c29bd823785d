#include "agent/pods/container_config.hpp"
#include "tests/sim/agent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

/// The pods of an agent: what agent/pods does with coroutines.
namespace kontena::sim {
namespace {

namespace node = reconciler::node;
using namespace std::chrono_literals;
using core::Errc;
using core::fail;

constexpr core::Millis kListInterval{10'000};
constexpr core::Millis kEngineRetry{1000};

} // namespace

void Agent::identify(core::NodeId node) {
    if (node == node_) return;
    node_ = std::move(node);
    listed_ = false;
    list_later(0ms);
}

void Agent::assign(agent::AssignmentSetPtr set) {
    identify(set->node);
    held_ = std::move(set);
    std::vector<core::InstanceId> changed;
    for (auto const& [id, pod] : held_->pods) {
        auto const it = workers_.find(id);
        auto& worker = it != workers_.end() ? it->second : add(id);
        if (worker.pod == pod) continue;
        worker.pod = pod;
        bool const runs = pod->desired_state == model::DesiredState::running;
        retarget(
            worker,
            {.goal = runs ? node::Goal::run : node::Goal::stop,
             .revision = pod->revision,
             .digest = node::spec_digest(*pod->spec),
             .spec = pod->spec}
        );
        changed.push_back(id);
    }
    for (auto& [id, worker] : workers_) {
        if (held_->pods.contains(id)) continue;
        auto const& seen = worker.view.container;
        bool const stateful = seen ? seen->stateful : worker.pod && worker.pod->spec->stateful;
        worker.pod.reset();
        retarget(worker, withdrawn_target(id, stateful));
        changed.push_back(id);
    }
    for (auto const& id : changed) wake(id);
    list_later(50ms);
}

node::Target Agent::withdrawn_target(core::InstanceId const& id, bool stateful) const {
    if (!held_) return {};
    bool const named = std::ranges::find(held_->removed, id) != held_->removed.end();
    return {.goal = stateful && !named ? node::Goal::keep : node::Goal::remove};
}

Agent::Worker& Agent::add(core::InstanceId const& id) {
    auto& worker = workers_[id];
    worker.id = id;
    worker.serial = ++serials_;
    return worker;
}

void Agent::retarget(Worker& worker, node::Target target) {
    if (worker.target == target) {
        worker.target = std::move(target);
        return;
    }
    worker.memory = node::retarget(std::move(worker.memory), worker.target, target);
    worker.target = std::move(target);
    ++worker.generation;
    if (worker.pulling) worker.busy = worker.pulling = false;
}

void Agent::list_later(core::Millis delay) {
    auto const ticket = ++list_ticket_;
    later(delay, [this, ticket] {
        if (ticket == list_ticket_) list();
    });
}

void Agent::list() {
    if (!engine_.answers()) return list_later(kEngineRetry);
    list_later(kListInterval);
    if (node_.empty()) return;
    std::set<core::InstanceId> seen;
    std::vector<core::InstanceId> news;
    for (auto const& [name, container] : engine_.containers()) {
        auto const identity = node::identify(name, container.labels, node_.root());
        if (!identity) continue;
        seen.insert(identity->id);
        auto const it = workers_.find(identity->id);
        if (it == workers_.end()) {
            auto target = withdrawn_target(identity->id, identity->stateful);
            if (target.goal == node::Goal::keep && !container.running()) continue;
            add(identity->id).target = std::move(target);
            news.push_back(identity->id);
            continue;
        }
        auto const& known = it->second.view.container;
        bool const same = known && known->id == container.id &&
                          (known->phase == node::Phase::running) == container.running();
        if (same) continue;
        it->second.dirty = true;
        news.push_back(identity->id);
    }
    for (auto& [id, worker] : workers_) {
        if (!worker.view.container || seen.contains(id)) continue;
        worker.dirty = true;
        news.push_back(id);
    }
    listed_ = true;
    for (auto const& id : news) wake(id);
}

void Agent::on_event(std::string const& name) {
    auto const it = std::ranges::find_if(workers_, [&](auto const& entry) {
        return node::container_name(entry.first) == name;
    });
    if (it == workers_.end()) return list_later(50ms);
    it->second.dirty = true;
    wake(it->first);
}

bool Agent::settled() const {
    return listed_ && std::ranges::all_of(workers_, [](auto const& entry) {
               return entry.second.published.has_value();
           });
}

std::vector<model::Observation> Agent::observations() const {
    std::vector<model::Observation> out;
    for (auto const& [id, worker] : workers_) {
        out.push_back(
            worker.published ? *worker.published
                             : observation(worker, model::InstanceState::pending)
        );
    }
    return out;
}

/// There is news for the worker.
void Agent::wake(core::InstanceId const& id) {
    auto const it = workers_.find(id);
    if (it == workers_.end()) return;
    if (it->second.interruptible) it->second.busy = it->second.interruptible = false;
    run(id);
}

/// Goes round until there is something to wait for.
void Agent::run(core::InstanceId const& id) {
    for (;;) {
        auto const it = workers_.find(id);
        if (it == workers_.end() || it->second.busy) return;
        auto& worker = it->second;
        if (worker.dirty && !look(worker)) return rest(worker, now() + kEngineRetry);
        worker.memory = node::remember(std::move(worker.memory), worker.target, worker.view, now());
        auto step = node::decide(worker.target, worker.view, worker.memory, now());
        if (std::holds_alternative<node::Forget>(step.action)) return forget(id);
        publish(worker, step);
        if (std::holds_alternative<node::Nothing>(step.action)) return rest(worker, step.wake_at);
        perform(worker, std::move(step.action));
    }
}

bool Agent::look(Worker& worker) {
    if (!engine_.answers()) return false;
    worker.dirty = false;
    worker.view = {};
    auto const* found = engine_.inspect(node::container_name(worker.id));
    if (found == nullptr) return true;
    auto identity = node::identify(found->name, found->labels, worker.id.root());
    if (!identity || identity->id != worker.id) {
        worker.view.foreign = fmt::format("the name {} is taken", found->name);
        return true;
    }
    worker.view.container = node::Container{
        .id = found->id,
        .phase = found->phase,
        .revision = identity->revision,
        .digest = std::move(identity->digest),
        .stateful = identity->stateful,
        .stop_grace_period = identity->stop_grace_period,
        .exit_code = found->exit_code,
        .start_error = found->start_error,
        .started_at = std::to_string(found->runs),
        .finished_at = found->finished_at,
        .address = "10.81.0.1",
    };
    return true;
}

void Agent::rest(Worker& worker, std::optional<Instant> until) {
    auto const alarm = ++worker.alarm;
    if (!until) return;
    auto const wait = std::max<core::Millis>(std::chrono::ceil<core::Millis>(*until - now()), 1ms);
    later(wait, [this, id = worker.id, serial = worker.serial, alarm] {
        auto const it = workers_.find(id);
        if (it == workers_.end() || it->second.serial != serial || it->second.alarm != alarm)
            return;
        auto const& seen = it->second.view.container;
        if (seen && seen->phase == node::Phase::removing) it->second.dirty = true;
        wake(id);
    });
}

void Agent::forget(core::InstanceId const& id) {
    workers_.erase(id);
    outbox_.remove(id);
    pump();
}

void Agent::publish(Worker& worker, node::Step const& step) {
    bool const adopting = std::holds_alternative<node::Probe>(step.action) && !worker.published &&
                          !worker.memory.gates.probed;
    if (adopting) return;
    auto next = observation(worker, step.state);
    if (worker.published == next) return;
    worker.published = next;
    outbox_.put(std::move(next));
    pump();
}

model::Observation Agent::observation(Worker const& worker, model::InstanceState state) const {
    auto out = node::observe(worker.target, worker.view, worker.memory, state);
    out.id = worker.id;
    out.node = node_;
    auto const& last = worker.published;
    bool const goes_on = last && last->state == state && last->target == out.target &&
                         last->container_id == out.container_id;
    out.since = goes_on ? last->since : wall();
    return out;
}

Engine::Done Agent::begin(Worker& worker, Then then) {
    worker.busy = true;
    auto const operation = ++worker.operation;
    ++worker.alarm;
    return [this,
            life = life_,
            id = worker.id,
            serial = worker.serial,
            operation,
            generation = worker.generation,
            then = std::move(then)](core::Result<std::string> outcome) {
        if (!up_ || life != life_) return;
        auto const it = workers_.find(id);
        if (it == workers_.end() || it->second.serial != serial) return;
        auto& self = it->second;
        if (self.operation != operation || !self.busy) return;
        self.busy = self.interruptible = self.pulling = false;
        then(self, self.generation == generation, outcome);
        run(id);
    };
}

void Agent::perform(Worker& worker, node::Action action) {
    if (std::holds_alternative<node::Pull>(action)) return pull(worker);
    if (std::holds_alternative<node::Prepare>(action)) return prepare(worker);
    if (std::holds_alternative<node::Create>(action)) return create(worker);
    if (auto* a = std::get_if<node::Start>(&action)) return start(worker, a->id);
    if (auto* a = std::get_if<node::Stop>(&action)) return stop(worker, *a);
    if (auto* a = std::get_if<node::Remove>(&action)) return remove(worker, *a);
    if (auto* a = std::get_if<node::RecordExit>(&action)) return record_exit(worker, a->id);
    if (auto* a = std::get_if<node::Probe>(&action)) return probe(worker, *a);
    worker.dirty = true; // what is in the way may go away
    failed(worker, "", fail(Errc::conflict, std::get<node::Refuse>(action).reason));
}

void Agent::failed(Worker& worker, std::string const& doing, core::Error const& error) {
    if (error.code == Errc::unavailable) {
        worker.memory = node::postponed(std::move(worker.memory), now());
        return;
    }
    auto text = doing.empty() ? error.message : doing + ": " + error.message;
    worker.memory = node::failed(std::move(worker.memory), std::move(text), now());
}

void Agent::pull(Worker& worker) {
    auto done = begin(worker, [this](Worker& self, bool same, Outcome outcome) {
        if (!same) return;
        if (outcome) {
            self.memory.image_ready = true;
        } else {
            failed(self, "pulling " + self.target.spec->image, outcome.error());
        }
    });
    worker.pulling = true;
    engine_.pull(worker.target.spec->image, std::move(done));
}

void Agent::prepare(Worker& worker) {
    auto done = begin(worker, [](Worker& self, bool same, Outcome) {
        if (same) self.memory.prepared = true;
    });
    later(5ms, [done = std::move(done)] { done(std::string()); });
}

void Agent::create(Worker& worker) {
    auto blueprint = agent::make_blueprint(*worker.pod, node_.leaf(), {});
    if (!blueprint) return failed(worker, "creating the container", blueprint.error());
    auto done = begin(worker, [this](Worker& self, bool same, Outcome outcome) {
        self.dirty = true;
        if (!same || outcome) return;
        if (outcome.error().code == Errc::conflict) {
            self.memory = node::postponed(std::move(self.memory), now());
            self.memory.error = outcome.error().message;
            return;
        }
        failed(self, "creating the container", outcome.error());
    });
    engine_.create(
        blueprint->name, std::move(blueprint->config.Labels), worker.pod->spec, std::move(done)
    );
}

bool Agent::someone_leaves() const {
    return std::ranges::any_of(workers_, [](auto const& entry) {
        return node::leaving(entry.second.target, entry.second.view);
    });
}

void Agent::start(Worker& worker, std::string const& id) {
    auto done = begin(worker, [this](Worker& self, bool same, Outcome outcome) {
        self.dirty = true;
        if (!same) return;
        if (outcome) {
            self.memory = node::started(std::move(self.memory));
            return;
        }
        auto const& error = outcome.error();
        if (error.code == Errc::unavailable || error.code == Errc::not_found) {
            self.memory = node::postponed(std::move(self.memory), now());
        } else {
            bool const passes = node::port_taken(error.message) && someone_leaves();
            auto const next = passes ? &node::hindered : &node::not_started;
            self.memory = next(std::move(self.memory), error.message, now());
        }
    });
    engine_.start(id, std::move(done));
}

void Agent::stop(Worker& worker, node::Stop const& what) {
    auto const& seen = worker.view.container;
    bool const wanted = worker.target.goal == node::Goal::run && seen &&
                        seen->revision == worker.target.revision &&
                        seen->digest == worker.target.digest &&
                        worker.memory.gates.health != model::Health::unhealthy;
    if (wanted)
        laws_.broken(
            "what is as it should be is left alone",
            fmt::format("{}: {} is stopped for nothing", host_.name, worker.id)
        );
    auto done = begin(worker, [this](Worker& self, bool same, Outcome outcome) {
        self.dirty = true;
        bool const gone = !outcome && outcome.error().code == Errc::not_found;
        if (!outcome && !gone && same) failed(self, "stopping", outcome.error());
    });
    engine_.stop(what.id, core::Seconds(what.grace), std::move(done));
}

void Agent::remove(Worker& worker, node::Remove const& what) {
    auto done = begin(worker, [this](Worker& self, bool same, Outcome outcome) {
        self.dirty = true;
        if (outcome || !same || outcome.error().code == Errc::not_found) return;
        if (outcome.error().code == Errc::conflict) {
            self.memory = node::postponed(std::move(self.memory), now());
        } else {
            failed(self, "removing", outcome.error());
        }
    });
    engine_.remove(what.id, what.anonymous_volumes, std::move(done));
}

void Agent::record_exit(Worker& worker, std::string const& id) {
    auto done = begin(worker, [this, id](Worker& self, bool same, Outcome) {
        auto const& seen = self.view.container;
        if (!same || !seen || seen->id != id) return;
        self.memory = node::exited(std::move(self.memory), *seen, {}, now());
    });
    later(5ms, [done = std::move(done)] { done(std::string()); });
}

void Agent::probe(Worker& worker, node::Probe const& what) {
    auto const run = worker.memory.gates.run;
    auto done = begin(worker, [this, run, what](Worker& self, bool same, Outcome) {
        if (!same || self.memory.gates.run != run) return;
        auto const* container = engine_.inspect(node::container_name(self.id));
        bool const ready = container != nullptr && engine_.ready(*container);
        node::ProbeResult result{.port_open = !what.port || ready};
        if (what.health && result.port_open) result.healthy = ready;
        if (!ready) result.reason = "no answer";
        self.memory = node::probed(std::move(self.memory), self.target, result, now());
    });
    worker.interruptible = true;
    later(5ms, [done = std::move(done)] { done(std::string()); });
}

} // namespace kontena::sim
