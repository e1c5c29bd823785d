#include "master/agents/join.hpp"

#include "core/crypto/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace kontena::master {
namespace {

using core::Errc;
using core::fail;
using core::Result;

constexpr int kMaxNodes = 254;

std::shared_ptr<model::Node const> find_engine(State const& state, std::string const& engine) {
    std::shared_ptr<model::Node const> out;
    state.all<model::Node>().for_each([&](auto const&, auto const& node) {
        if (node->engine_id == engine) out = node;
    });
    return out;
}

Result<model::Node> new_node(
    State const& state, core::GridId const& grid, wire::Hello const& hello, core::TimePoint now
) {
    KTRY(auto const number, free_node_number(state, grid));
    auto name = core::valid_name(hello.name) ? hello.name : fmt::format("node-{}", number);
    if (state.find<model::Node>(core::node_id(grid, name)))
        name = fmt::format("{}-{}", name, number);
    return model::Node{
        .id = core::node_id(grid, name), .number = number, .labels = hello.labels, .created_at = now
    };
}

Result<model::Node>
by_node_token(State const& state, core::NodeId const& id, wire::Hello const& hello) {
    auto const node = state.find<model::Node>(id);
    if (!node) return fail(Errc::not_found, fmt::format("node {} was removed", id));
    if (!node->engine_id.empty() && node->engine_id != hello.engine_id) {
        return fail(
            Errc::denied,
            fmt::format(
                "the token belongs to node {}, which has another Docker Engine: make a node for "
                "this host",
                id
            )
        );
    }
    auto const other = find_engine(state, hello.engine_id);
    if (other && other->id != id) {
        return fail(Errc::denied, fmt::format("this Docker Engine is node {} already", other->id));
    }
    auto out = *node;
    if (out.engine_id.empty()) {
        for (auto const& label : hello.labels) {
            if (std::ranges::find(out.labels, label) == out.labels.end())
                out.labels.push_back(label);
        }
    }
    return out;
}

Result<model::Node> by_grid_token(
    State const& state, core::GridId const& grid, wire::Hello const& hello, core::TimePoint now
) {
    auto const known = find_engine(state, hello.engine_id);
    if (!known) return new_node(state, grid, hello, now);
    if (core::grid_of(known->id) != grid) {
        return fail(
            Errc::denied, fmt::format("this Docker Engine is node {} of another grid", known->id)
        );
    }
    if (!known->token_hash.empty()) {
        return fail(
            Errc::denied,
            fmt::format("node {} has a token of its own: use that, not the grid's", known->id)
        );
    }
    return *known;
}

} // namespace

Result<AgentIdentity>
identify(State const& state, std::string const& node_token, std::string const& grid_token) {
    AgentIdentity out;
    if (!node_token.empty()) {
        auto const hash = crypto::sha256_hex(node_token);
        state.all<model::Node>().for_each([&](auto const& id, auto const& node) {
            if (node->token_hash == hash) out.node = id;
        });
        if (out.node.empty()) return fail(Errc::unauthenticated, "no node has this token");
    } else if (!grid_token.empty()) {
        auto const hash = crypto::sha256_hex(grid_token);
        state.all<model::Grid>().for_each([&](auto const& id, auto const& grid) {
            if (grid->token_hash == hash) out.grid = id;
        });
        if (out.grid.empty()) return fail(Errc::unauthenticated, "no grid has this token");
    } else {
        return fail(
            Errc::unauthenticated,
            "an agent needs a Kontena-Node-Token or Kontena-Grid-Token header"
        );
    }
    return out;
}

Result<core::NodeId>
join(Txn& txn, AgentIdentity const& who, wire::Hello const& hello, core::TimePoint now) {
    if (hello.engine_id.empty())
        return fail(Errc::invalid, "the agent did not say which Docker Engine it serves");
    if (hello.protocol < wire::kOldestProtocol || hello.oldest_protocol > wire::kProtocol) {
        return fail(
            Errc::unsupported,
            fmt::format(
                "the agent speaks protocol {} to {}, the master {} to {}: update the older one",
                hello.oldest_protocol,
                hello.protocol,
                wire::kOldestProtocol,
                wire::kProtocol
            )
        );
    }
    KTRY(
        auto node,
        who.node.empty() ? by_grid_token(txn.state(), who.grid, hello, now)
                         : by_node_token(txn.state(), who.node, hello)
    );
    node.engine_id = hello.engine_id;
    node.info.agent_version = hello.agent_version;
    node.connected = true;
    node.connected_at = now;
    node.disconnected_at.reset();
    node.updated_at = now;
    auto id = node.id;
    txn.put(std::move(node));
    return id;
}

void leave(Txn& txn, core::NodeId const& node, core::TimePoint now, Leaving why) {
    auto const before = txn.state().find<model::Node>(node);
    if (!before || !before->connected) return;
    auto next = *before;
    next.connected = false;
    next.disconnected_at = now;
    if (why == Leaving::lost) model::note_loss(next, now);
    next.updated_at = now;
    txn.put(std::move(next));
}

Result<int> free_node_number(State const& state, core::GridId const& grid) {
    std::set<int> used;
    state.all<model::Node>().for_prefix(grid.str() + "/", [&](auto const&, auto const& node) {
        used.insert(node->number);
    });
    for (int number = 1; number <= kMaxNodes; ++number) {
        if (!used.contains(number)) return number;
    }
    return fail(Errc::conflict, fmt::format("grid {} is full: it has {} nodes", grid, kMaxNodes));
}

} // namespace kontena::master
