#include "tests/sim/master.hpp"

#include "core/crypto/digest.hpp"
#include "master/agents/observe.hpp"
#include "master/agents/pods.hpp"
#include "tests/sim/base_time.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::sim {

using namespace std::chrono_literals;
using core::Result;
using master::State;
using master::Txn;

core::GridId const kGrid("g");
core::SourceId const kSource("g/repository");

namespace {

constexpr core::Millis kHeartbeat = 3s;
constexpr core::Millis kOfflineAfter = 10s;
constexpr core::Millis kResync = 60s;
constexpr core::Millis kPoll = 10s;
constexpr int kDecisionsPerSecond = 300; ///< more of them is a loop that feeds itself
constexpr auto kToken = "token";

model::Cause of_node(core::NodeId const& node) {
    return {
        .kind = model::CauseKind::observation,
        .actor = fmt::format("node:{}", node.leaf()),
        .detail = "reported",
    };
}

} // namespace

State initial_state() {
    State out;
    out.put<model::Grid>(std::make_shared<model::Grid const>(model::Grid{
        .id = kGrid,
        .name = kGrid.str(),
        .token_hash = crypto::sha256_hex(kToken),
        .created_at = kStart,
    }));
    out.put<model::Source>(
        std::make_shared<model::Source const>(model::Source{.id = kSource, .created_at = kStart})
    );
    return out;
}

Master::Master(
    Schedule& schedule, Timeline& timeline, Laws& laws, Network& network, std::uint64_t seed
)
    : schedule_(schedule)
    , timeline_(timeline)
    , laws_(laws)
    , network_(network)
    , store_(schedule, seed) {
    store_.install(initial_state());
    store_.on_durable = [this](Store::Commits const& commits) { published(commits); };
}

core::TimePoint Master::wall() const { return kStart + schedule_.now() + skew_; }

/// Unless the process ends before.
void Master::later(core::Millis delay, std::function<void()> work) {
    schedule_.after(delay, [this, life = life_, work = std::move(work)] {
        if (up_ && life == life_) work();
    });
}

void Master::start() {
    if (up_) return;
    up_ = true;
    ++life_;
    timeline_.note([&] {
        return fmt::format("the master starts at index {}", store_.durable().index);
    });
    if (store_.durable().index < acknowledged_)
        laws_.broken(
            "an acknowledged write survives",
            fmt::format("{} was acknowledged, {} is there", acknowledged_, store_.durable().index)
        );
    controller_.emplace();
    passing_ = false;
    seen_ = store_.durable().index;
    resync_at_ = schedule_.now() + kResync;
    store_.update(
        [this](State const& head) -> Result<Txn> {
            Txn txn(head, {.kind = model::CauseKind::system, .actor = "master"});
            head.all<model::Node>().for_each([&](auto const& id, auto const&) {
                master::leave(txn, id, wall(), master::Leaving::unknown);
            });
            return txn;
        },
        [](auto const&) {}
    );
    reconcile();
    poll_later(0ms);
}

void Master::kill() {
    if (!up_) return;
    timeline_.note([] { return std::string("the master is killed"); });
    for (auto const& [node, connections] : open_) {
        for (auto const connection : connections)
            network_.down(node, {.connection = connection, .kind = Packet::Kind::close});
    }
    up_ = false;
    ++life_;
    store_.crash();
    controller_.reset();
    sessions_.clear();
    open_.clear();
    newest_join_.clear();
}

// ---- the control loop, as master/control/reconcile_loop.cpp has it

void Master::reconcile() {
    if (passing_ || !up_) return;
    passing_ = true;
    ++alarm_ticket_;
    auto stored = [this, life = life_](Result<master::Index> const& outcome) {
        if (life != life_) return;
        passing_ = false;
        outcome ? after_pass() : alarm(1s);
    };
    store_.update(
        [this](State const& head) -> Result<Txn> {
            auto decision = controller_->decide(head, wall());
            if (!decision.txn.empty()) count_decision();
            for (auto const& note : decision.notes) timeline_.note([&] { return note; });
            return std::move(decision.txn);
        },
        std::move(stored)
    );
}

void Master::count_decision() {
    auto const second = std::chrono::floor<core::Seconds>(schedule_.now());
    decisions_ = second == second_ ? decisions_ + 1 : 1;
    second_ = second;
    if (decisions_ > kDecisionsPerSecond)
        laws_.broken("the control loop comes to rest", "it decides again and again");
}

void Master::after_pass() {
    if (store_.durable().index != seen_) return alarm(0ms);
    auto const due = controller_->wake_at();
    alarm(due ? std::clamp<core::Millis>(*due - wall(), 0ms, kResync) : kResync);
}

void Master::alarm(core::Millis delay) {
    auto const ticket = ++alarm_ticket_;
    later(delay, [this, ticket] {
        if (ticket != alarm_ticket_) return;
        seen_ = store_.durable().index;
        if (schedule_.now() >= resync_at_) {
            controller_->look_at_everything();
            resync_at_ = schedule_.now() + kResync;
        }
        reconcile();
    });
}

// ---- agents, as master/agents/registry.cpp and session.cpp have it

void Master::send(std::size_t node, ConnectionId connection, wire::Message message) {
    network_.down(
        node,
        {.connection = connection,
         .message = std::make_shared<wire::Message const>(std::move(message))}
    );
}

void Master::close(std::size_t node, ConnectionId connection) {
    if (open_[node].erase(connection) > 0)
        network_.down(node, {.connection = connection, .kind = Packet::Kind::close});
}

Master::Session* Master::session(std::size_t node, ConnectionId connection) {
    auto const it = sessions_.find(node);
    return it != sessions_.end() && it->second.connection == connection ? &it->second : nullptr;
}

void Master::receive(std::size_t node, Packet const& packet) {
    auto const connection = packet.connection;
    if (!up_) {
        if (packet.kind != Packet::Kind::close)
            network_.down(node, {.connection = connection, .kind = Packet::Kind::close});
        return;
    }
    if (packet.kind == Packet::Kind::open) {
        open_[node].insert(connection);
        return;
    }
    if (!open_[node].contains(connection)) return; // of a connection that is over
    if (packet.kind == Packet::Kind::close) {
        open_[node].erase(connection);
        if (session(node, connection) != nullptr) end(node, "the connection ended");
        return;
    }
    if (auto const* hello = std::get_if<wire::Hello>(packet.message.get()))
        return on(node, connection, *hello);
    auto* known = session(node, connection);
    if (known == nullptr) return;
    known->heard = schedule_.now();
    if (auto const* seen = std::get_if<wire::Observations>(packet.message.get())) on(node, *seen);
    if (auto const* told = std::get_if<wire::NodeReport>(packet.message.get())) on(node, *told);
}

void Master::on(std::size_t node, ConnectionId connection, wire::Hello const& hello) {
    auto const who = master::identify(store_.durable(), "", kToken);
    auto joined = std::make_shared<Joined>();
    store_.update(
        [&](State const& head) -> Result<Txn> {
            Txn probe(head, {});
            KTRY(joined->node, master::join(probe, *who, hello, wall()));
            Txn txn(head, of_node(joined->node));
            KCHECK(master::join(txn, *who, hello, wall()));
            joined->join = newest_join_[joined->node] = ++joins_;
            return txn;
        },
        [this, node, connection, joined, life = life_](Result<master::Index> const& stored) {
            if (life != life_) return;
            if (stored) return welcome(node, connection, *joined, *stored);
            if (stored.error().code != core::Errc::unavailable)
                send(node, connection, wire::Rejected{.reason = stored.error().message});
            close(node, connection);
        }
    );
}

void Master::welcome(
    std::size_t node, ConnectionId connection, Joined const& joined, master::Index epoch
) {
    auto const known = store_.durable().find<model::Node>(joined.node);
    send(
        node,
        connection,
        wire::Welcome{
            .protocol = wire::kProtocol,
            .master_version = "sim",
            .node = joined.node,
            .node_number = known ? known->number : 0,
            .epoch = epoch,
        }
    );
    // The newest session of a node wins.
    if (auto const it = sessions_.find(node); it != sessions_.end())
        close(node, it->second.connection);
    sessions_[node] = {
        .connection = connection,
        .node = joined.node,
        .join = joined.join,
        .sent = schedule_.now(),
        .heard = schedule_.now(),
    };
    timeline_.note([&] { return fmt::format("{} is connected", joined.node.leaf()); });
    if (!open_[node].contains(connection)) return end(node, "the connection ended");
    send_news(node);
    tick(node, connection);
}

void Master::on(std::size_t node, wire::Observations const& report) {
    auto const& self = sessions_.at(node);
    store_.update(
        [&](State const& head) -> Result<Txn> {
            Txn txn(head, of_node(self.node));
            if (report.seq > self.recorded) master::record(txn, self.node, report);
            return txn;
        },
        [this, node, connection = self.connection, seq = report.seq, life = life_](
            Result<master::Index> const& stored
        ) {
            if (life != life_) return;
            auto* known = session(node, connection);
            if (known == nullptr) return;
            if (!stored) return end(node, stored.error().message);
            known->acknowledge = std::max(known->acknowledge, seq);
            acknowledged_ = std::max(acknowledged_, *stored);
            send_news(node);
        }
    );
    if (auto it = sessions_.find(node); it != sessions_.end())
        it->second.recorded = std::max(it->second.recorded, report.seq);
}

void Master::on(std::size_t node, wire::NodeReport const& report) {
    auto const& self = sessions_.at(node);
    store_.update(
        [&](State const& head) -> Result<Txn> {
            Txn txn(head, of_node(self.node));
            master::record(txn, self.node, report.info, wall());
            return txn;
        },
        [this, node, connection = self.connection, life = life_](auto const& stored) {
            bool const ours = life == life_ && session(node, connection) != nullptr;
            if (ours && !stored) end(node, stored.error().message);
        }
    );
}

void Master::tick(std::size_t node, ConnectionId connection) {
    auto* known = session(node, connection);
    if (known == nullptr) return;
    if (schedule_.now() >= known->heard + kOfflineAfter) return end(node, "the node is silent");
    if (schedule_.now() >= known->sent + kHeartbeat) {
        known->sent = schedule_.now();
        send(node, connection, wire::Heartbeat{wall()});
    }
    auto const next = std::min(known->heard + kOfflineAfter, known->sent + kHeartbeat);
    later(next - schedule_.now(), [this, node, connection] { tick(node, connection); });
}

void Master::send_news(std::size_t node) {
    auto& self = sessions_.at(node);
    bool const news =
        self.send_all || !self.touched.empty() || self.acknowledge != self.acknowledged;
    if (news) self.sent = schedule_.now();
    auto const& durable = store_.durable();
    if (self.send_all) {
        self.send_all = false;
        self.touched.clear();
        auto all = master::full_set(durable, self.node);
        self.sent_index = all.index;
        send(node, self.connection, std::move(all));
    } else if (!self.touched.empty()) {
        auto const touched = std::exchange(self.touched, {});
        auto changes = master::delta(durable, self.node, self.sent_index, touched);
        self.sent_index = changes.index;
        send(node, self.connection, std::move(changes));
    }
    if (self.acknowledge == self.acknowledged) return;
    self.acknowledged = self.acknowledge;
    send(node, self.connection, wire::Ack{.seq = self.acknowledged});
}

void Master::end(std::size_t node, std::string const& reason) {
    auto const it = sessions_.find(node);
    if (it == sessions_.end()) return;
    auto const self = std::move(it->second);
    sessions_.erase(it);
    close(node, self.connection);
    timeline_.note([&] { return fmt::format("{} is disconnected: {}", self.node.leaf(), reason); });
    store_.update(
        [&](State const& head) -> Result<Txn> {
            Txn txn(head, of_node(self.node));
            if (newest_join_[self.node] == self.join)
                master::leave(txn, self.node, wall(), master::Leaving::lost);
            return txn;
        },
        [](auto const&) {}
    );
}

void Master::published(Store::Commits const& commits) {
    if (!up_) return;
    std::set<std::size_t> concerned;
    auto const tell = [&](master::Pointer<model::Assignment> const& assignment) {
        if (!assignment) return;
        for (auto& [node, session] : sessions_) {
            if (session.node != assignment->node) continue;
            session.touched.insert(assignment->id);
            concerned.insert(node);
        }
    };
    for (auto const& commit : commits) {
        for (auto const& change : commit->changes) {
            if (!change.is<model::Assignment>()) continue;
            tell(std::get<master::Pointer<model::Assignment>>(change.before));
            tell(std::get<master::Pointer<model::Assignment>>(change.after));
        }
    }
    for (auto const node : concerned) send_news(node);
    if (!passing_) alarm(0ms);
}

// ---- the source, as master/gitops/sources.cpp follows it

void Master::push(Commit const& commit) {
    newest_ = &commit;
    if (!up_) return;
    commit.retry ? apply(commit, true) : poll();
}

void Master::poll_later(core::Millis delay) {
    auto const ticket = ++poll_ticket_;
    later(delay, [this, ticket] {
        if (ticket == poll_ticket_) poll();
    });
}

void Master::poll() {
    poll_later(kPoll);
    if (newest_ == nullptr) return;
    auto const status = store_.durable().find<model::SourceStatus>(kSource);
    if (status && status->seen_commit == newest_->id) return;
    apply(*newest_, newest_->retry);
}

void Master::apply(Commit const& commit, bool by_hand) {
    std::vector<master::Content> stacks;
    for (auto const& stack : commit.stacks) stacks.push_back(master::content_of(*stack));
    auto const revision = master::make_revision(
        {.source = kSource, .commit = commit.id, .created_at = wall()}, std::move(stacks)
    );
    master::ApplyOptions options{.prune = true, .retry_failed = by_hand};
    options.cause = {
        .kind = model::CauseKind::commit, .actor = "source:repository", .commit = commit.id
    };
    model::Plan plan;
    auto build = [&](State const& head) -> Result<Txn> {
        auto txn =
            master::apply_revision(controller_->views(), head, revision, options, wall(), plan);
        if (!txn) return txn;
        check_plan(head, *txn, revision, options, plan);
        return txn;
    };
    timeline_.note([&] { return fmt::format("commit {}", commit.id); });
    store_.update(build, [this, life = life_](Result<master::Index> const& stored) {
        if (life != life_) return;
        if (stored) acknowledged_ = std::max(acknowledged_, *stored);
        if (!stored) poll_later(2s);
    });
    for (auto const& blocked : plan.blocked)
        timeline_.note([&] {
            return fmt::format(
                "{}-{} has no place: {}", blocked.service.leaf(), blocked.number, blocked.reason
            );
        });
}

/// The same input gives the same plan, whatever is remembered; and once it is applied, a second
/// plan is empty.
void Master::check_plan(
    State const& head,
    Txn const& applied,
    master::FullRevision const& revision,
    master::ApplyOptions options,
    model::Plan const& plan
) {
    master::GridViews fresh;
    auto const again = master::plan_revision(fresh, head, revision, options, wall());
    bool const same = again && again->hash == plan.hash && again->actions == plan.actions &&
                      again->blocked == plan.blocked;
    if (!same) laws_.broken("the same input gives the same plan", revision.revision.commit);
    options.retry_failed = false;
    auto const next = master::plan_revision(fresh, applied.state(), revision, options, wall());
    if (!next || !next->empty())
        laws_.broken(
            "a second plan is empty",
            fmt::format(
                "{}: {}",
                revision.revision.commit,
                next ? next->actions.front().reason : to_string(next.error())
            )
        );
}

void Master::set_availability(std::string const& node, model::Availability availability) {
    bool const waiting = asked_.contains(node);
    asked_[node] = availability;
    if (!waiting) ask(node);
}

/// Whoever asked for it asks again until it is so: an answer may have been lost.
void Master::ask(std::string const& node) {
    auto const id = core::node_id(kGrid, node);
    auto const known = store_.durable().find<model::Node>(id);
    auto const wanted = asked_.at(node);
    if (known && known->availability == wanted) {
        asked_.erase(node);
        return;
    }
    schedule_.after(3s, [this, node] { ask(node); });
    if (!up_ || !known) return;
    store_.update(
        [&](State const& head) -> Result<Txn> {
            Txn txn(head, {.kind = model::CauseKind::user, .actor = "operator"});
            auto next = *head.find<model::Node>(id);
            next.availability = wanted;
            txn.put(std::move(next));
            return txn;
        },
        [](auto const&) {}
    );
}

} // namespace kontena::sim
