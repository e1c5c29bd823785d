#include "agent/pods/pods.hpp"

#include "agent/pods/worker.hpp"
#include "core/async/timeout.hpp"
#include "core/sys/log.hpp"

#include <algorithm>
#include <set>

namespace kontena::agent {

namespace log = sys::log;
namespace node = reconciler::node;

namespace {

constexpr std::size_t kLookupsAtOnce = 8;
constexpr std::size_t kStartsAtOnce = 8;
constexpr core::Millis kListInterval{10'000};
constexpr core::Millis kEngineRetry{1000};
constexpr core::Millis kEventIdle = std::chrono::hours(1);
constexpr core::Millis kHintPause{50}; ///< several events lead to one list

std::string instance_filter() {
    return fmt::format("{}={}", node::label::container_type, node::kInstanceContainer);
}

bool up(docker::ContainerSummary const& container) {
    return container.State == "running" || container.State == "paused" ||
           container.State == "restarting";
}

} // namespace

Pods::Pods(
    asio::any_io_executor executor,
    docker::Client& docker,
    async::Clock const& clock,
    Observer& observer
)
    : docker_(docker)
    , clock_(clock)
    , observer_(observer)
    , images_(executor, docker)
    , lookups_(executor, kLookupsAtOnce)
    , starts_(executor, kStartsAtOnce)
    , list_wanted_(executor)
    , tasks_(executor, log::reporter("pods")) {}

Pods::~Pods() = default;

void Pods::identify(core::NodeId node) {
    if (node == node_) return;
    node_ = std::move(node);
    listed_ = false;
    list_wanted_.notify();
}

void Pods::assign(AssignmentSetPtr set) {
    identify(set->node);
    set_ = std::move(set);
    for (auto const& [id, pod] : set_->pods) {
        auto const it = workers_.find(id);
        auto const worker = it != workers_.end() ? it->second : add(id);
        if (worker->pod == pod) continue;
        worker->pod = pod;
        bool const runs = pod->desired_state == model::DesiredState::running;
        retarget(
            *worker,
            {.goal = runs ? node::Goal::run : node::Goal::stop,
             .revision = pod->revision,
             .digest = node::spec_digest(*pod->spec),
             .spec = pod->spec}
        );
    }
    for (auto const& [id, worker] : workers_) {
        if (set_->pods.contains(id)) continue;
        auto const& seen = worker->view.container;
        bool const stateful = seen ? seen->stateful : worker->pod && worker->pod->spec->stateful;
        worker->pod.reset();
        retarget(*worker, withdrawn_target(id, stateful));
    }
    list_wanted_.notify();
}

void Pods::start() {
    tasks_.spawn("list containers", watch_list());
    tasks_.spawn("follow events", watch_events());
}

awaitable<void> Pods::stop() {
    co_await tasks_.stop();
    co_await images_.stop();
}

bool Pods::settled() const {
    return listed_ && std::ranges::all_of(workers_, [](auto const& entry) {
               return entry.second->published.has_value();
           });
}

std::vector<model::Observation> Pods::observations() const {
    std::vector<model::Observation> out;
    for (auto const& [id, worker] : workers_) {
        out.push_back(
            worker->published ? *worker->published
                              : observation(*worker, model::InstanceState::pending)
        );
    }
    return out;
}

/// A container of a stateful service may hold what nobody has elsewhere, so that it goes only when
/// it was withdrawn by name, not because it is missing from a list.
node::Target Pods::withdrawn_target(core::InstanceId const& id, bool stateful) const {
    if (!set_) return {};
    bool const named = std::ranges::find(set_->removed, id) != set_->removed.end();
    return {.goal = stateful && !named ? node::Goal::keep : node::Goal::remove};
}

Pods::WorkerPtr Pods::add(core::InstanceId const& id) {
    auto worker = std::make_shared<Worker>(tasks_.get_executor(), id);
    workers_.emplace(id, worker);
    tasks_.spawn("instance " + id.str(), work(worker));
    return worker;
}

void Pods::retarget(Worker& worker, node::Target target) {
    if (worker.target == target) {
        worker.target = std::move(target);
        return;
    }
    worker.memory = node::retarget(std::move(worker.memory), worker.target, target);
    worker.target = std::move(target);
    ++worker.generation;
    worker.wake.notify();
    worker.retargeted.notify();
}

awaitable<void> Pods::watch_list() {
    bool complained = false;
    while (true) {
        if (!node_.empty()) {
            auto const done = co_await list();
            if (!done && !complained)
                log::warn(
                    "pods", "cannot list containers", {{"reason", core::to_string(done.error())}}
                );
            if (done && complained) log::info("pods", "the engine answers again");
            complained = !done;
        }
        co_await list_wanted_.wait(complained ? kEngineRetry : kListInterval);
        co_await async::sleep_for(kHintPause);
    }
}

awaitable<core::Result<void>> Pods::list() {
    auto const node = node_;
    KCO_TRY(auto const containers, co_await docker_.list(instance_filter()));
    if (node == node_) compare(containers);
    co_return core::Result<void>();
}

void Pods::compare(std::vector<docker::ContainerSummary> const& containers) {
    std::set<core::InstanceId> seen;
    for (auto const& container : containers) {
        auto const identity = node::identify(container.name(), container.Labels, node_.root());
        if (!identity) continue;
        seen.insert(identity->id);
        auto const it = workers_.find(identity->id);
        if (it == workers_.end()) {
            discover(*identity, up(container));
            continue;
        }
        auto& worker = *it->second;
        auto const& known = worker.view.container;
        bool const same = known && known->id == container.Id &&
                          (known->phase == node::Phase::running) == up(container);
        if (same) continue;
        worker.dirty = true;
        worker.wake.notify();
    }
    for (auto const& [id, worker] : workers_) {
        if (!worker->view.container || seen.contains(id)) continue;
        worker->dirty = true;
        worker->wake.notify();
    }
    listed_ = true;
}

/// A container without an assignment. One that is kept and stopped needs no one to look after it.
void Pods::discover(node::Identity const& identity, bool running) {
    auto target = withdrawn_target(identity.id, identity.stateful);
    if (target.goal == node::Goal::keep && !running) return;
    auto const worker = add(identity.id);
    worker->target = std::move(target);
}

awaitable<void> Pods::watch_events() {
    while (true) {
        auto const ended = co_await follow_events();
        log::debug("pods", "event stream ended", {{"reason", core::to_string(ended.error())}});
        co_await async::sleep_for(kEngineRetry);
    }
}

awaitable<core::Result<void>> Pods::follow_events() {
    std::string since;
    while (true) {
        KCO_TRY(auto const stream, co_await docker_.events(instance_filter(), since));
        list_wanted_.notify();
        while (true) {
            auto const event = co_await stream->next(kEventIdle);
            if (!event && event.error().code == core::Errc::timeout) continue;
            if (!event && event.error().code == core::Errc::invalid) continue;
            if (!event && since.empty()) co_return event.error();
            if (!event) break;
            constexpr std::int64_t second = 1'000'000'000;
            since = fmt::format("{}.{:09}", event->timeNano / second, event->timeNano % second);
            on_event(*event);
        }
        co_await async::sleep_for(kEngineRetry);
    }
}

void Pods::on_event(docker::Event const& event) {
    constexpr std::string_view interesting[] = {"die", "destroy", "start", "rename"};
    if (std::ranges::find(interesting, event.Action) == std::end(interesting)) return;
    if (event.Action == "rename") return list_wanted_.notify();
    auto const name = event.Actor.Attributes.find("name");
    if (name == event.Actor.Attributes.end()) return;
    auto const identity = node::identify(name->second, event.Actor.Attributes, node_.root());
    if (!identity) return;
    auto const it = workers_.find(identity->id);
    if (it == workers_.end()) return list_wanted_.notify();
    it->second->dirty = true;
    it->second->wake.notify();
}

} // namespace kontena::agent
