#include "tests/sim/agent.hpp"

#include "tests/sim/base_time.hpp"

#include <fmt/format.h>

namespace kontena::sim {
namespace {

namespace node = reconciler::node;
using namespace std::chrono_literals;

constexpr core::Millis kSettlePoll{20};
constexpr core::Millis kSettleLimit{2000};

} // namespace

Agent::Agent(
    Schedule& schedule,
    Timeline& timeline,
    Laws& laws,
    Network& network,
    Engine& engine,
    Host const& host,
    std::size_t index,
    std::uint64_t seed
)
    : schedule_(schedule)
    , timeline_(timeline)
    , laws_(laws)
    , network_(network)
    , engine_(engine)
    , host_(host)
    , index_(index)
    , random_(seed, "agent " + host.name)
    , skew_(host.skew) {
    engine_.on_event = [this](std::string const& name) {
        // Some events get lost: the periodic list has to find what they would have told.
        if (!up_ || random_.chance(5)) return;
        later(core::Millis(random_.between(1, 20)), [this, name] { on_event(name); });
    };
}

/// Hosts were booted at different moments, so that their monotonic clocks differ as well.
Agent::Instant Agent::now() const {
    return Instant(schedule_.now() + std::chrono::hours(1 + int(index_)));
}

core::TimePoint Agent::wall() const { return kStart + schedule_.now() + skew_; }

/// Unless the process ends before.
void Agent::later(core::Millis delay, std::function<void()> work) {
    schedule_.after(delay, [this, life = life_, work = std::move(work)] {
        if (up_ && life == life_) work();
    });
}

void Agent::start() {
    if (up_) return;
    up_ = true;
    ++life_;
    timeline_.note([&] { return fmt::format("{}: the agent starts", host_.name); });
    reconnect_.emplace(now());
    held_ = disk_;
    if (held_) assign(held_);
    list_later(0ms);
    dial();
}

void Agent::kill() {
    if (!up_) return;
    timeline_.note([&] { return fmt::format("{}: the agent is gone", host_.name); });
    // The kernel closes its connection; a host without power says nothing.
    if (engine_.answers() && connection_ != 0)
        network_.up(index_, {.connection = connection_, .kind = Packet::Kind::close});
    up_ = false;
    ++life_;
    held_.reset();
    node_ = {};
    workers_.clear();
    listed_ = false;
    outbox_ = {};
    session_.reset();
    connection_ = 0;
}

void Agent::dial() {
    connection_ = network_.new_connection();
    wire::Hello hello{
        .engine_id = "engine-" + host_.name,
        .name = host_.name,
        .labels = host_.labels,
        .agent_version = "sim",
        .seen_index = held_ ? held_->index : 0,
    };
    session_.emplace(std::move(hello), outbox_, now());
    assigned_ = false;
    network_.up(index_, {.connection = connection_, .kind = Packet::Kind::open});
    pump();
}

/// Sends what there is to send, and comes back when the session wants it.
void Agent::pump() {
    if (!session_) return;
    while (auto message = session_->next(now(), wall())) {
        network_.up(
            index_,
            {.connection = connection_,
             .message = std::make_shared<wire::Message const>(std::move(*message))}
        );
    }
    if (auto reason = session_->overdue(now())) return hang_up(std::move(*reason));
    auto const wait = std::chrono::ceil<core::Millis>(session_->wake_at() - now());
    auto const ticket = ++pump_ticket_;
    later(std::max<core::Millis>(wait, 1ms), [this, ticket] {
        if (ticket == pump_ticket_) pump();
    });
}

void Agent::hang_up(std::string reason, std::optional<core::Seconds> refused) {
    timeline_.note([&] { return fmt::format("{}: not connected: {}", host_.name, reason); });
    network_.up(index_, {.connection = connection_, .kind = Packet::Kind::close});
    session_.reset();
    connection_ = 0;
    auto const jitter = random_.fraction();
    auto const pause = refused ? reconnect_->after_refusal(now(), *refused, jitter)
                               : reconnect_->after_failure(now(), jitter);
    later(pause, [this] { dial(); });
}

void Agent::receive(Packet const& packet) {
    if (!up_ || packet.connection != connection_ || !session_) return;
    if (packet.kind == Packet::Kind::close) return hang_up("the master closed the connection");
    if (packet.kind == Packet::Kind::message) on(*packet.message);
    pump();
}

void Agent::on(wire::Message const& message) {
    auto verdict = session_->on_message(message, now());
    if (auto const* accepted = std::get_if<agent::Session::Accepted>(&verdict)) {
        reconnect_->accepted(now());
        welcomed_as_ = accepted->welcome.node;
        identify(welcomed_as_);
        wire::NodeReport report;
        report.info = {.docker_version = "20.10", .mem_total = host_.memory, .cpus = host_.cpus};
        session_->report_node(std::move(report));
        report_when_settled(schedule_.now() + kSettleLimit);
    } else if (auto const* refused = std::get_if<agent::Session::Refused>(&verdict)) {
        hang_up(refused->answer.reason, core::Seconds(refused->answer.retry_after));
    } else if (auto const* assigned = std::get_if<agent::Session::Assigned>(&verdict)) {
        take(assigned->assignments);
    } else if (auto const* broken = std::get_if<agent::Session::Broken>(&verdict)) {
        hang_up(broken->reason);
    }
}

/// As Link::take does: out of order is ignored, out of step means to connect again.
void Agent::take(wire::Assignments const& message) {
    if (message.full && assigned_ && held_ && message.index < held_->index) return;
    auto next = agent::apply(held_, message, welcomed_as_);
    if (!next) return hang_up(core::to_string(next.error()));
    disk_ = held_ = *next;
    assigned_ = true;
    assign(held_);
}

void Agent::report_when_settled(Time patience) {
    later(kSettlePoll, [this, patience, connection = connection_] {
        if (connection != connection_ || !session_ || !session_->accepted()) return;
        bool const done = listed_ && (settled() || schedule_.now() >= patience);
        if (!done) return report_when_settled(patience);
        session_->report_all(observations());
        pump();
    });
}

} // namespace kontena::sim
