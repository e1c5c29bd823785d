#pragma once

#include "agent/assignments/set.hpp"
#include "agent/docker/client.hpp"
#include "agent/pods/images.hpp"
#include "agent/pods/limiter.hpp"
#include "agent/pods/observer.hpp"
#include "core/async/clock.hpp"
#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "reconciler/node/pod.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kontena::agent {

/// Makes the engine match the assignments: one worker per instance, wherever that comes from, the
/// assignments or a container that exists. Engine events wake workers; a full list each 10 s finds
/// what they missed.
class Pods {
public:
    /// All outlive it.
    Pods(
        asio::any_io_executor executor,
        docker::Client& docker,
        async::Clock const& clock,
        Observer& observer
    );
    Pods(Pods const&) = delete;
    Pods& operator=(Pods const&) = delete;
    ~Pods();

    /// Which node this is: containers of its grid are looked at. Nothing is changed before
    /// assign().
    void identify(core::NodeId node);

    /// What has to run, from now on. Its node becomes ours.
    void assign(AssignmentSetPtr set);

    /// Starts to look at the engine.
    void start();

    /// Ends the work where it stands. Containers run on.
    awaitable<void> stop();

    /// The engine was asked, and every worker knows where its instance stands.
    bool settled() const;

    /// The engine was asked: observations() are about all that exists.
    bool listed() const { return listed_; }

    std::vector<model::Observation> observations() const;

private:
    struct Worker;
    using WorkerPtr = std::shared_ptr<Worker>;

    awaitable<void> watch_list();
    awaitable<void> watch_events();
    awaitable<core::Result<void>> follow_events();
    awaitable<core::Result<void>> list();
    void compare(std::vector<docker::ContainerSummary> const& containers);
    void discover(reconciler::node::Identity const& identity, bool running);
    void on_event(docker::Event const& event);
    reconciler::node::Target withdrawn_target(core::InstanceId const& id, bool stateful) const;

    bool someone_leaves() const;

    WorkerPtr add(core::InstanceId const& id);
    void retarget(Worker& worker, reconciler::node::Target target);
    awaitable<void> work(WorkerPtr worker);
    awaitable<bool> look(WorkerPtr worker);
    awaitable<void> perform(WorkerPtr worker, reconciler::node::Action action);
    void publish(Worker& worker, reconciler::node::Step const& step);
    model::Observation observation(Worker const& worker, model::InstanceState state) const;

    awaitable<void> refuse(WorkerPtr worker, std::string reason);
    awaitable<void> pull(WorkerPtr worker);
    awaitable<void> prepare(WorkerPtr worker);
    awaitable<core::Result<void>> make_volumes(WorkerPtr worker);
    awaitable<void> create(WorkerPtr worker);
    awaitable<void> start(WorkerPtr worker, std::string id);
    awaitable<void> stop_container(WorkerPtr worker, std::string id, std::int64_t grace);
    awaitable<void> remove(WorkerPtr worker, std::string id, bool anonymous_volumes);
    awaitable<void> record_exit(WorkerPtr worker, std::string id);
    awaitable<void> probe_gates(WorkerPtr worker, reconciler::node::Probe what);
    void failed(Worker& worker, std::string doing, core::Error const& error);

    docker::Client& docker_;
    async::Clock const& clock_;
    Observer& observer_;
    core::NodeId node_;
    AssignmentSetPtr set_;
    bool listed_ = false;
    std::map<core::InstanceId, WorkerPtr> workers_;
    Images images_;
    Limiter lookups_;
    Limiter starts_;
    async::Notifier list_wanted_;
    async::TaskGroup tasks_;
};

} // namespace kontena::agent
