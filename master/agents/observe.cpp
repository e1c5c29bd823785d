#include "master/agents/observe.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace kontena::master {
namespace {

constexpr std::size_t kLogLines = 20;
constexpr std::size_t kLineBytes = 4096;
constexpr std::size_t kErrorBytes = 4096;

/// An agent cannot make the master keep more than is useful.
void trim(model::Observation& seen) {
    if (seen.log_tail.size() > kLogLines) {
        seen.log_tail.erase(seen.log_tail.begin(), seen.log_tail.end() - std::ptrdiff_t(kLogLines));
    }
    for (auto& line : seen.log_tail) line.resize(std::min(line.size(), kLineBytes));
    seen.error.resize(std::min(seen.error.size(), kErrorBytes));
}

void forget_unmentioned(Txn& txn, core::NodeId const& node, wire::Observations const& report) {
    std::set<core::InstanceId> mentioned;
    for (auto const& item : report.items) mentioned.insert(item.id);
    std::vector<core::InstanceId> gone;
    txn.state().all<model::Observation>().for_prefix(
        std::string(node.root()) + "/",
        [&](auto const& id, auto const& seen) {
            if (seen->node == node && !mentioned.contains(id)) gone.push_back(id);
        }
    );
    for (auto const& id : gone) txn.remove<model::Observation>(id);
}

} // namespace

void record(Txn& txn, core::NodeId const& node, wire::Observations const& report) {
    if (report.full) forget_unmentioned(txn, node, report);
    for (auto item : report.items) {
        if (item.id.root() != node.root()) continue;
        auto const assignment = txn.state().find<model::Assignment>(item.id);
        if (assignment && assignment->node != node) continue;
        item.node = node;
        trim(item);
        auto const before = txn.state().find<model::Observation>(item.id);
        if (before && *before == item) continue;
        txn.put(std::move(item));
    }
    for (auto const& id : report.removed) {
        auto const before = txn.state().find<model::Observation>(id);
        if (before && before->node == node) txn.remove<model::Observation>(id);
    }
}

void record(Txn& txn, core::NodeId const& node, model::NodeInfo const& info, core::TimePoint now) {
    auto const before = txn.state().find<model::Node>(node);
    if (!before || before->info == info) return;
    auto next = *before;
    next.info = info;
    next.updated_at = now;
    txn.put(std::move(next));
}

} // namespace kontena::master
