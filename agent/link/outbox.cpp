#include "agent/link/outbox.hpp"

#include <utility>

namespace kontena::agent {
namespace {

constexpr std::size_t kBatch = 100;
/// Log lines in one message; the master takes 4 MiB at most.
constexpr std::size_t kTailBudget = 1024 * 1024;

void limit_tails(std::vector<model::Observation>& items) {
    std::size_t used = 0;
    for (auto& item : items) {
        for (auto const& line : item.log_tail) used += line.size();
        if (used > kTailBudget) item.log_tail.clear();
    }
}

} // namespace

void Outbox::put(model::Observation observation) {
    auto id = observation.id;
    changes_.insert_or_assign(std::move(id), std::move(observation));
}

void Outbox::remove(core::InstanceId const& id) { changes_.insert_or_assign(id, std::nullopt); }

void Outbox::begin_session() {
    open_ = false;
    in_flight_.reset();
    full_.reset();
    changes_.clear(); // the full message has it all
}

void Outbox::stage_full(std::vector<model::Observation> all) {
    open_ = true;
    full_ = std::move(all);
    changes_.clear();
}

std::optional<wire::Observations> Outbox::next() {
    if (!waiting()) return std::nullopt;
    wire::Observations out{.seq = ++seq_};
    in_flight_ = seq_;
    if (full_) {
        out.full = true;
        out.items = *std::exchange(full_, std::nullopt);
    } else {
        for (std::size_t i = 0; i < kBatch && !changes_.empty(); ++i) {
            auto first = changes_.extract(changes_.begin());
            if (first.mapped()) {
                out.items.push_back(std::move(*first.mapped()));
            } else {
                out.removed.push_back(first.key());
            }
        }
    }
    limit_tails(out.items);
    return out;
}

void Outbox::acknowledge(std::uint64_t seq) {
    if (in_flight_ && seq >= *in_flight_) in_flight_.reset();
}

} // namespace kontena::agent
