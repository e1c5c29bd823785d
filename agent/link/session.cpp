#include "agent/link/session.hpp"

#include <algorithm>
#include <utility>

namespace kontena::agent {

Session::Session(wire::Hello hello, Outbox& outbox, Instant now)
    : hello_(std::move(hello))
    , outbox_(outbox)
    , last_heard_(now)
    , last_sent_(now)
    , last_batch_(now - kCoalesce) {
    outbox_.begin_session();
}

Session::Verdict Session::on_message(wire::Message message, Instant now) {
    heard(now);
    if (auto* welcome = std::get_if<wire::Welcome>(&message)) {
        if (accepted()) return Broken{"a second welcome"};
        if (welcome->protocol < wire::kOldestProtocol || welcome->protocol > wire::kProtocol)
            return Broken{fmt::format("the master speaks protocol {}", welcome->protocol)};
        if (welcome->node.parent().empty()) return Broken{"a welcome without a node"};
        epoch_ = welcome->epoch;
        return Accepted{std::move(*welcome)};
    }
    if (auto* refused = std::get_if<wire::Rejected>(&message)) return Refused{std::move(*refused)};
    if (std::holds_alternative<wire::Heartbeat>(message)) return Nothing{};
    if (!accepted()) return Broken{"a message before the welcome"};
    if (auto* assignments = std::get_if<wire::Assignments>(&message))
        return Assigned{std::move(*assignments)};
    if (auto const* ack = std::get_if<wire::Ack>(&message)) {
        outbox_.acknowledge(ack->seq);
        return Nothing{};
    }
    return Broken{"a message that only agents send"};
}

std::optional<wire::Message> Session::next(Instant now, core::TimePoint wall) {
    if (hello_) {
        last_sent_ = now;
        return *std::exchange(hello_, std::nullopt);
    }
    if (accepted() && now >= last_batch_ + kCoalesce) {
        if (auto batch = outbox_.next()) {
            last_batch_ = now;
            last_sent_ = now;
            return std::move(*batch);
        }
    }
    if (accepted() && node_) {
        last_sent_ = now;
        return *std::exchange(node_, std::nullopt);
    }
    if (accepted() && now >= last_sent_ + kHeartbeat) {
        last_sent_ = now;
        return wire::Heartbeat{wall};
    }
    return std::nullopt;
}

Session::Instant Session::wake_at() const {
    if (hello_ || (accepted() && node_)) return last_sent_;
    auto out = std::min(last_sent_ + kHeartbeat, last_heard_ + kSilence);
    if (outbox_.waiting()) out = std::min(out, last_batch_ + kCoalesce);
    return out;
}

std::optional<std::string> Session::overdue(Instant now) const {
    if (now >= last_heard_ + kSilence) return "the master is silent";
    if (outbox_.in_flight() && now >= last_batch_ + kAckLimit)
        return "the master does not acknowledge";
    return std::nullopt;
}

} // namespace kontena::agent
