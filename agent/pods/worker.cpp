#include "agent/pods/worker.hpp"

#include "agent/pods/container_config.hpp"
#include "agent/pods/probe.hpp"
#include "core/async/race.hpp"
#include "core/json/codec.hpp"
#include "core/sys/log.hpp"

#include <algorithm>
#include <utility>

namespace kontena::agent {

namespace log = sys::log;
namespace node = reconciler::node;
using core::Errc;

namespace {

constexpr core::Millis kIdle = std::chrono::hours(1);
constexpr core::Millis kEngineRetry{1000};
constexpr std::size_t kLogLines = 20;

node::Instant now() { return std::chrono::steady_clock::now(); }

core::Millis until(std::optional<node::Instant> time) {
    if (!time) return kIdle;
    auto const left = std::chrono::ceil<core::Millis>(*time - now());
    return std::clamp(left, core::Millis(1), kIdle);
}

node::Phase phase_of(docker::ContainerState const& state) {
    if (state.Status == "removing") return node::Phase::removing;
    if (state.Running) return node::Phase::running;
    return state.Status == "created" ? node::Phase::created : node::Phase::exited;
}

std::string address_of(docker::Networking const& networking) {
    for (auto const& [name, endpoint] : networking.Networks) {
        if (!endpoint.IPAddress.empty()) return endpoint.IPAddress;
    }
    return networking.Networks.contains("host") ? "127.0.0.1" : "";
}

node::Container container_of(docker::ContainerDetails const& details, node::Identity identity) {
    auto const& state = details.State;
    return {
        .id = details.Id,
        .phase = phase_of(state),
        .revision = identity.revision,
        .digest = std::move(identity.digest),
        .stateful = identity.stateful,
        .stop_grace_period = identity.stop_grace_period,
        .exit_code = state.ExitCode,
        .out_of_memory = state.OOMKilled,
        .start_error = state.Dead ? "the engine could not remove it" : state.Error,
        .started_at = state.StartedAt,
        .finished_at = state.FinishedAt,
        .address = address_of(details.NetworkSettings),
    };
}

/// As the engine would show it, which need not be asked.
node::Container
just_created(std::string id, node::Target const& target, model::ServiceSpec const& spec) {
    return {
        .id = std::move(id),
        .revision = target.revision,
        .digest = target.digest,
        .stateful = spec.stateful,
        .stop_grace_period = spec.stop_grace_period,
    };
}

node::View view_of(docker::ContainerDetails const& details, core::InstanceId const& id) {
    std::string_view name = details.Name;
    if (name.starts_with('/')) name.remove_prefix(1);
    auto const& labels = details.Config.Labels;
    auto identity = node::identify(name, labels, id.root());
    if (identity && identity->id == id)
        return {.container = container_of(details, std::move(*identity))};
    auto const grid = labels.find(node::label::grid_name);
    auto const whose = grid == labels.end() || grid->second == id.root()
                           ? "that Kontena did not make"
                           : fmt::format("of grid {}", grid->second);
    return {.foreign = fmt::format("the name {} is taken by a container {}", name, whose)};
}

/// `images`, `pod` and `out` live in the caller, which waits.
awaitable<void> ensure_image(
    Images* images, std::string image, std::string purpose, std::optional<core::Result<void>>* out
) {
    out->emplace(co_await images->ensure(std::move(image), std::move(purpose)));
}

/// `changed` lives in a worker that the caller holds.
awaitable<void> until_notified(async::Notifier* changed, std::uint64_t seen) {
    while (changed->epoch() == seen) co_await changed->wait_after(seen, kIdle);
}

awaitable<void> run_probe(node::Probe what, std::optional<node::ProbeResult>* out) {
    out->emplace(co_await probe(std::move(what)));
}

std::string purpose_of(wire::PodSpec const& pod) {
    return fmt::format("{}@{}", pod.service, pod.revision);
}

} // namespace

model::Observation Pods::observation(Worker const& worker, model::InstanceState state) const {
    auto out = node::observe(worker.target, worker.view, worker.memory, state);
    out.id = worker.id;
    out.node = node_;
    auto const& last = worker.published;
    bool const goes_on = last && last->state == state && last->target == out.target &&
                         last->container_id == out.container_id;
    out.since = goes_on ? last->since : clock_.now();
    return out;
}

void Pods::publish(Worker& worker, node::Step const& step) {
    // A container that was there before us: first see whether it is ready, then speak.
    bool const adopting = std::holds_alternative<node::Probe>(step.action) && !worker.published &&
                          !worker.memory.gates.probed;
    if (adopting) return;
    auto next = observation(worker, step.state);
    if (worker.published == next) return;
    bool const news = !worker.published || worker.published->state != next.state;
    if (news) {
        bool const bad = next.state == model::InstanceState::failed ||
                         next.state == model::InstanceState::restarting;
        auto const level = bad ? &log::warn : &log::info;
        level(
            "pods",
            "instance",
            {{"id", worker.id},
             {"state", json::enum_name(next.state)},
             {"revision", next.target},
             {"error", next.error}}
        );
    }
    worker.published = next;
    observer_.observed(std::move(next));
}

awaitable<void> Pods::work(WorkerPtr worker) {
    auto& w = *worker;
    while (true) {
        auto const seen = w.wake.epoch();
        if (w.dirty && !co_await look(worker)) {
            co_await w.wake.wait_after(seen, kEngineRetry);
            continue;
        }
        w.memory = node::remember(std::move(w.memory), w.target, w.view, now());
        auto step = node::decide(w.target, w.view, w.memory, now());
        if (std::holds_alternative<node::Forget>(step.action)) break;
        publish(w, step);
        if (std::holds_alternative<node::Nothing>(step.action)) {
            co_await w.wake.wait_after(seen, until(step.wake_at));
            if (w.view.container && w.view.container->phase == node::Phase::removing)
                w.dirty = true;
            continue;
        }
        co_await perform(worker, std::move(step.action));
    }
    workers_.erase(w.id);
    log::info("pods", "instance gone", {{"id", w.id}});
    observer_.removed(w.id);
}

awaitable<bool> Pods::look(WorkerPtr worker) {
    auto const permit = co_await lookups_.acquire();
    worker->dirty = false;
    auto const details = co_await docker_.inspect(node::container_name(worker->id));
    if (details) {
        worker->view = view_of(*details, worker->id);
        co_return true;
    }
    if (details.error().code == Errc::not_found) {
        worker->view = {};
        co_return true;
    }
    worker->dirty = true;
    log::debug(
        "pods", "cannot inspect", {{"id", worker->id}, {"reason", core::to_string(details.error())}}
    );
    co_return false;
}

awaitable<void> Pods::perform(WorkerPtr worker, node::Action action) {
    if (std::holds_alternative<node::Pull>(action)) return pull(worker);
    if (std::holds_alternative<node::Prepare>(action)) return prepare(worker);
    if (std::holds_alternative<node::Create>(action)) return create(worker);
    if (auto* a = std::get_if<node::Start>(&action)) return start(worker, a->id);
    if (auto* a = std::get_if<node::Stop>(&action)) return stop_container(worker, a->id, a->grace);
    if (auto* a = std::get_if<node::Remove>(&action))
        return remove(worker, a->id, a->anonymous_volumes);
    if (auto* a = std::get_if<node::RecordExit>(&action)) return record_exit(worker, a->id);
    if (auto* a = std::get_if<node::Probe>(&action)) return probe_gates(worker, std::move(*a));
    if (auto* a = std::get_if<node::Refuse>(&action)) return refuse(worker, a->reason);
    return refuse(worker, "unknown action");
}

void Pods::failed(Worker& worker, std::string doing, core::Error const& error) {
    if (error.code == Errc::unavailable) {
        worker.memory = node::postponed(std::move(worker.memory), now());
        return;
    }
    auto text = doing.empty() ? error.message : doing + ": " + error.message;
    worker.memory = node::failed(std::move(worker.memory), std::move(text), now());
}

awaitable<void> Pods::refuse(WorkerPtr worker, std::string reason) {
    worker->dirty = true; // it may go away
    failed(*worker, {}, core::fail(Errc::conflict, std::move(reason)));
    co_return;
}

awaitable<void> Pods::pull(WorkerPtr worker) {
    auto const generation = worker->generation;
    auto const image = worker->target.spec->image;
    std::optional<core::Result<void>> done;
    auto wanted = ensure_image(&images_, image, purpose_of(*worker->pod), &done);
    auto changed = until_notified(&worker->retargeted, worker->retargeted.epoch());
    co_await async::race(std::move(wanted), std::move(changed));
    if (!done || worker->generation != generation) co_return;
    if (*done) {
        worker->memory.image_ready = true;
    } else {
        failed(*worker, "pulling " + image, done->error());
    }
}

awaitable<void> Pods::prepare(WorkerPtr worker) {
    auto const generation = worker->generation;
    auto const done = co_await make_volumes(worker);
    if (worker->generation != generation) co_return;
    if (done) {
        worker->memory.prepared = true;
    } else {
        failed(*worker, "preparing " + node::container_name(worker->id), done.error());
    }
}

awaitable<core::Result<void>> Pods::make_volumes(WorkerPtr worker) {
    auto const pod = worker->pod;
    worker->image_volumes.clear();
    if (pod->spec->stateful) {
        KCO_TRY(auto const image, co_await docker_.inspect_image(pod->spec->image));
        for (auto const& [path, unused] : image.Config.Volumes)
            worker->image_volumes.push_back(path);
    }
    KCO_TRY(auto const blueprint, make_blueprint(*pod, node_.leaf(), worker->image_volumes));
    for (auto const& volume : blueprint.volumes) {
        KCO_TRY(auto const made, co_await docker_.create_volume(volume.name, volume.labels));
    }
    co_return core::Result<void>();
}

awaitable<void> Pods::create(WorkerPtr worker) {
    auto const generation = worker->generation;
    auto const pod = worker->pod;
    auto blueprint = make_blueprint(*pod, node_.leaf(), worker->image_volumes);
    if (!blueprint) co_return failed(*worker, "creating the container", blueprint.error());
    auto const doing = "creating " + blueprint->name;
    auto const permit = co_await starts_.acquire();
    if (worker->generation != generation) co_return;
    auto const created =
        co_await docker_.create(std::move(blueprint->name), std::move(blueprint->config));
    worker->dirty = !created || worker->generation != generation;
    if (!worker->dirty) {
        worker->view = {.container = just_created(*created, worker->target, *pod->spec)};
        co_return;
    }
    if (created || worker->generation != generation) co_return;
    auto const& error = created.error();
    if (error.code == Errc::conflict) { // the next look tells whose the name is
        worker->memory = node::postponed(std::move(worker->memory), now());
        worker->memory.error = doing + ": " + error.message;
        co_return;
    }
    if (error.code == Errc::not_found) { // the image went away
        images_.forget(pod->spec->image, purpose_of(*pod));
        worker->memory.image_ready = false;
    }
    failed(*worker, doing, error);
}

bool Pods::someone_leaves() const {
    return std::ranges::any_of(workers_, [](auto const& entry) {
        return node::leaving(entry.second->target, entry.second->view);
    });
}

awaitable<void> Pods::start(WorkerPtr worker, std::string id) {
    auto const generation = worker->generation;
    auto const permit = co_await starts_.acquire();
    if (worker->generation != generation) co_return;
    auto const done = co_await docker_.start(std::move(id));
    worker->dirty = true;
    if (worker->generation != generation) co_return;
    if (done) {
        worker->memory = node::started(std::move(worker->memory));
    } else if (done.error().code == Errc::unavailable || done.error().code == Errc::not_found) {
        worker->memory = node::postponed(std::move(worker->memory), now());
    } else {
        auto text =
            fmt::format("starting {}: {}", node::container_name(worker->id), done.error().message);
        bool const passes = node::port_taken(text) && someone_leaves();
        auto const next = passes ? &node::hindered : &node::not_started;
        worker->memory = next(std::move(worker->memory), std::move(text), now());
    }
}

awaitable<void> Pods::stop_container(WorkerPtr worker, std::string id, std::int64_t grace) {
    auto const generation = worker->generation;
    auto const done = co_await docker_.stop(std::move(id), core::Seconds(grace));
    worker->dirty = true;
    bool const gone = !done && done.error().code == Errc::not_found;
    if (done || gone || worker->generation != generation) co_return;
    failed(*worker, "stopping " + node::container_name(worker->id), done.error());
}

awaitable<void> Pods::remove(WorkerPtr worker, std::string id, bool anonymous_volumes) {
    auto const generation = worker->generation;
    auto const done = co_await docker_.remove(std::move(id), anonymous_volumes);
    worker->dirty = true;
    if (done || worker->generation != generation) co_return;
    auto const code = done.error().code;
    if (code == Errc::not_found) co_return;
    if (code == Errc::conflict) { // somebody removes it already, or started it
        worker->memory = node::postponed(std::move(worker->memory), now());
        co_return;
    }
    failed(*worker, "removing " + node::container_name(worker->id), done.error());
}

awaitable<void> Pods::record_exit(WorkerPtr worker, std::string id) {
    auto const generation = worker->generation;
    auto const lines = co_await docker_.log_tail(id, kLogLines);
    auto const& seen = worker->view.container;
    if (worker->generation != generation || !seen || seen->id != id) co_return;
    auto tail = lines ? *lines : std::vector<std::string>{};
    worker->memory = node::exited(std::move(worker->memory), *seen, std::move(tail), now());
}

awaitable<void> Pods::probe_gates(WorkerPtr worker, node::Probe what) {
    auto const generation = worker->generation;
    auto const run = worker->memory.gates.run;
    std::optional<node::ProbeResult> result;
    auto checking = run_probe(std::move(what), &result);
    auto changed = until_notified(&worker->wake, worker->wake.epoch());
    co_await async::race(std::move(checking), std::move(changed));
    if (!result || worker->generation != generation || worker->memory.gates.run != run) co_return;
    worker->memory = node::probed(std::move(worker->memory), worker->target, *result, now());
}

} // namespace kontena::agent
