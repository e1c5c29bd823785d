#pragma once

#include "agent/assignments/set.hpp"
#include "agent/link/outbox.hpp"
#include "agent/link/reconnect.hpp"
#include "agent/link/session.hpp"
#include "reconciler/node/pod.hpp"
#include "tests/sim/engine.hpp"
#include "tests/sim/network.hpp"

#include <map>
#include <memory>
#include <optional>

namespace kontena::sim {

/// An agent: the decisions, the protocol and the outbox of the real one, driven by simulated time
/// instead of coroutines, and with its pods carried out on a simulated engine.
class Agent {
public:
    Agent(
        Schedule& schedule,
        Timeline& timeline,
        Laws& laws,
        Network& network,
        Engine& engine,
        Host const& host,
        std::size_t index,
        std::uint64_t seed
    );

    void start();
    void kill();
    void receive(Packet const& packet);

    /// Sets the host's clock.
    void skew(core::Millis by) { skew_ += by; }

    std::string const& name() const { return host_.name; }

    bool up() const { return up_; }

    bool connected() const { return session_ && session_->accepted(); }

    /// What it was told last and acts on; null before that.
    agent::AssignmentSetPtr const& held() const { return held_; }

private:
    using Instant = reconciler::node::Instant;

    struct Worker {
        core::InstanceId id;
        std::uint64_t serial = 0; ///< tells workers of one instance apart
        std::shared_ptr<wire::PodSpec const> pod;
        reconciler::node::Target target;
        std::uint64_t generation = 0;
        reconciler::node::View view;
        reconciler::node::Memory memory;
        bool dirty = true;
        std::optional<model::Observation> published;
        std::uint64_t operation = 0; ///< what it waits for; an older one that ends is ignored
        bool busy = false;
        bool interruptible = false; ///< by news: it probes
        bool pulling = false;       ///< ends when the target changes
        std::uint64_t alarm = 0;
    };

    Instant now() const;
    core::TimePoint wall() const;
    void later(core::Millis delay, std::function<void()> work);

    void dial();
    void pump();
    void hang_up(std::string reason, std::optional<core::Seconds> refused = {});
    void on(wire::Message const& message);
    void take(wire::Assignments const& message);
    void report_when_settled(Time patience);

    void identify(core::NodeId node);
    void assign(agent::AssignmentSetPtr set);
    reconciler::node::Target withdrawn_target(core::InstanceId const& id, bool stateful) const;
    Worker& add(core::InstanceId const& id);
    void retarget(Worker& worker, reconciler::node::Target target);
    void list_later(core::Millis delay);
    void list();
    void on_event(std::string const& name);
    bool settled() const;
    std::vector<model::Observation> observations() const;

    void wake(core::InstanceId const& id);
    void run(core::InstanceId const& id);
    bool look(Worker& worker);
    void rest(Worker& worker, std::optional<Instant> until);
    void forget(core::InstanceId const& id);
    void perform(Worker& worker, reconciler::node::Action action);
    void pull(Worker& worker);
    void prepare(Worker& worker);
    void create(Worker& worker);
    bool someone_leaves() const;
    void start(Worker& worker, std::string const& id);
    void stop(Worker& worker, reconciler::node::Stop const& what);
    void remove(Worker& worker, reconciler::node::Remove const& what);
    void record_exit(Worker& worker, std::string const& id);
    void probe(Worker& worker, reconciler::node::Probe const& what);
    void failed(Worker& worker, std::string const& doing, core::Error const& error);
    void publish(Worker& worker, reconciler::node::Step const& step);
    model::Observation observation(Worker const& worker, model::InstanceState state) const;

    /// Marks the worker as busy; what comes of it is handed on while it is still waited for.
    using Outcome = core::Result<std::string> const&;
    using Then = std::function<void(Worker&, bool same_target, Outcome)>;
    Engine::Done begin(Worker& worker, Then then);

    Schedule& schedule_;
    Timeline& timeline_;
    Laws& laws_;
    Network& network_;
    Engine& engine_;
    Host const& host_;
    std::size_t index_;
    Random random_;
    core::Millis skew_;

    agent::AssignmentSetPtr disk_; ///< survives the process

    bool up_ = false;
    std::uint64_t life_ = 0; ///< counts processes
    agent::AssignmentSetPtr held_;
    core::NodeId node_;
    std::map<core::InstanceId, Worker> workers_;
    std::uint64_t serials_ = 0;
    bool listed_ = false;
    std::uint64_t list_ticket_ = 0;
    agent::Outbox outbox_;
    std::optional<agent::Session> session_;
    std::optional<agent::Reconnect> reconnect_;
    ConnectionId connection_ = 0;
    core::NodeId welcomed_as_;
    bool assigned_ = false; ///< a set has come in this session
    std::uint64_t pump_ticket_ = 0;
};

} // namespace kontena::sim
