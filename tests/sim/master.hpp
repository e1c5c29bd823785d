#pragma once

#include "master/agents/join.hpp"
#include "master/control/controller.hpp"
#include "master/gitops/apply_revision.hpp"
#include "tests/sim/laws.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/scenario.hpp"
#include "tests/sim/store.hpp"
#include "tests/sim/timeline.hpp"

#include <map>
#include <optional>
#include <set>

namespace kontena::sim {

/// The master: the real controller, application of revisions, joining of nodes and messages to
/// agents; the loops around them are driven by simulated time instead of coroutines.
class Master {
public:
    Master(
        Schedule& schedule, Timeline& timeline, Laws& laws, Network& network, std::uint64_t seed
    );

    void start();
    void kill();
    void receive(std::size_t node, Packet const& packet);

    /// The repository has a newer commit, and its host says so.
    void push(Commit const& commit);
    void set_availability(std::string const& node, model::Availability availability);

    void skew(core::Millis by) { skew_ += by; }

    bool up() const { return up_; }

    core::TimePoint wall() const;

    Store& store() { return store_; }

    Store const& store() const { return store_; }

private:
    struct Joined {
        core::NodeId node;
        std::uint64_t join = 0;
    };

    struct Session {
        ConnectionId connection = 0;
        core::NodeId node;
        std::uint64_t join = 0;
        std::set<core::InstanceId> touched;
        bool send_all = true;
        master::Index sent_index = 0;
        std::uint64_t recorded = 0;
        std::uint64_t acknowledge = 0;
        std::uint64_t acknowledged = 0;
        Time sent{0};
        Time heard{0};
    };

    void later(core::Millis delay, std::function<void()> work);
    void send(std::size_t node, ConnectionId connection, wire::Message message);
    void close(std::size_t node, ConnectionId connection);

    void reconcile();
    void after_pass();
    void alarm(core::Millis delay);
    void count_decision();

    void on(std::size_t node, ConnectionId connection, wire::Hello const& hello);
    void
    welcome(std::size_t node, ConnectionId connection, Joined const& joined, master::Index epoch);
    void on(std::size_t node, wire::Observations const& report);
    void on(std::size_t node, wire::NodeReport const& report);
    void tick(std::size_t node, ConnectionId connection);
    void send_news(std::size_t node);
    void end(std::size_t node, std::string const& reason);
    void published(Store::Commits const& commits);
    Session* session(std::size_t node, ConnectionId connection);

    void ask(std::string const& node);

    void poll_later(core::Millis delay);
    void poll();
    void apply(Commit const& commit, bool by_hand);
    void check_plan(
        master::State const& head,
        master::Txn const& applied,
        master::FullRevision const& revision,
        master::ApplyOptions options,
        model::Plan const& plan
    );

    Schedule& schedule_;
    Timeline& timeline_;
    Laws& laws_;
    Network& network_;
    Store store_;
    core::Millis skew_{0};
    Commit const* newest_ = nullptr;                   ///< of the repository
    std::map<std::string, model::Availability> asked_; ///< by somebody who waits for it
    master::Index acknowledged_ = 0; ///< the newest write that somebody was told is safe

    bool up_ = false;
    std::uint64_t life_ = 0;
    std::optional<master::Controller> controller_;
    bool passing_ = false;
    master::Index seen_ = 0;
    Time resync_at_{0};
    std::uint64_t alarm_ticket_ = 0;
    Time second_{0};
    int decisions_ = 0; ///< in this second
    std::map<std::size_t, Session> sessions_;
    std::map<std::size_t, std::set<ConnectionId>> open_;
    std::uint64_t joins_ = 0;
    std::map<core::NodeId, std::uint64_t> newest_join_;
    std::uint64_t poll_ticket_ = 0;
};

/// The grid and the source that every simulation has.
extern core::GridId const kGrid;
extern core::SourceId const kSource;

master::State initial_state();

} // namespace kontena::sim
