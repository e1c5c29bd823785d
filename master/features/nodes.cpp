#include "core/crypto/digest.hpp"
#include "master/features/feature.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;
using core::Result;

constexpr std::size_t kMinToken = 16;
constexpr std::size_t kMaxToken = 256;
constexpr std::size_t kTokenBytes = 32;

struct NodeInput {
    std::string name;
    std::string token;
    std::vector<std::string> labels;
};
BOOST_DESCRIBE_STRUCT(NodeInput, (), (name, token, labels))

struct NodeChange {
    std::optional<std::vector<std::string>> labels;
    std::optional<model::Availability> availability;
};
BOOST_DESCRIBE_STRUCT(NodeChange, (), (labels, availability))

awaitable<Reply> list(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const grid, grid_at(state, context));
    bj::array nodes;
    state.all<model::Node>().for_prefix(grid->id.str() + "/", [&](auto const&, auto const& node) {
        nodes.push_back(show(*node, state));
    });
    co_return json_reply(200, bj::object{{"nodes", std::move(nodes)}});
}

Result<void> check(NodeInput const& input) {
    std::vector<core::Issue> issues;
    if (!core::valid_name(input.name)) {
        issues.push_back({.path = "name", .reason = "must have 1 to 63 letters, digits, '_' or '-'"}
        );
    }
    if (!input.token.empty() &&
        (input.token.size() < kMinToken || input.token.size() > kMaxToken)) {
        issues.push_back(
            {.path = "token",
             .reason = fmt::format("must have {} to {} characters", kMinToken, kMaxToken)}
        );
    }
    if (issues.empty()) return {};
    return core::fail(Errc::invalid, "the node cannot be made like this", std::move(issues));
}

awaitable<Reply> create(Services& services, Context context) {
    KCO_TRY(auto input, body_as<NodeInput>(context, json::Unknown::ignore));
    KCO_CHECK(check(input));
    if (input.token.empty()) input.token = crypto::random_hex(kTokenBytes);
    auto const hash = crypto::sha256_hex(input.token);
    core::NodeId id;
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const grid, grid_at(head, context));
        id = core::node_id(grid->id, input.name);
        if (head.find<model::Node>(id))
            return core::fail(Errc::conflict, fmt::format("node {} exists already", id));
        bool taken = false;
        head.all<model::Node>().for_each([&](auto const&, auto const& n) {
            taken = taken || n->token_hash == hash;
        });
        if (taken) return core::fail(Errc::conflict, "another node has this token");
        KTRY(auto const number, free_node_number(head, grid->id));
        auto const now = services.clock.now();
        Txn txn(head, cause_of(context, fmt::format("create node {}", input.name)));
        txn.put(model::Node{
            .id = id,
            .number = number,
            .token_hash = hash,
            .labels = input.labels,
            .created_at = now,
            .updated_at = now,
        });
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    auto const& state = services.store.state();
    auto const node = state.find<model::Node>(id);
    if (!node)
        co_return core::fail(Errc::conflict, fmt::format("node {} was removed meanwhile", id));
    auto out = show(*node, state);
    out["token"] = input.token;
    co_return json_reply(201, out);
}

awaitable<Reply> get(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const node, node_at(state, context));
    co_return json_reply(200, show(*node, state));
}

awaitable<Reply> update(Services& services, Context context) {
    KCO_TRY(auto const input, body_as<NodeChange>(context, json::Unknown::ignore));
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const node, node_at(head, context));
        auto next = *node;
        if (input.labels) next.labels = *input.labels;
        if (input.availability) next.availability = *input.availability;
        next.updated_at = services.clock.now();
        Txn txn(head, cause_of(context, fmt::format("update node {}", node->id.leaf())));
        txn.put(std::move(next));
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    co_return co_await get(services, std::move(context));
}

awaitable<Reply> remove(Services& services, Context context) {
    core::NodeId id;
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const node, node_at(head, context));
        id = node->id;
        Txn txn(head, cause_of(context, fmt::format("remove node {}", id.leaf())));
        std::vector<core::InstanceId> seen;
        head.all<model::Observation>().for_prefix(
            std::string(id.root()) + "/",
            [&](auto const& key, auto const& value) {
                if (value->node == id) seen.push_back(key);
            }
        );
        for (auto const& key : seen) txn.remove<model::Observation>(key);
        txn.remove<model::Node>(id);
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    services.agents.disconnect(id, "the node was removed");
    co_return json_reply(200, bj::object{});
}

} // namespace

void add_node_routes(Router& router, Services& services) {
    router.add("GET", "/v1/grids/:grid/nodes", handle(services, list));
    router.add("POST", "/v1/grids/:grid/nodes", handle(services, create));
    router.add("GET", "/v1/nodes/:grid/:node", handle(services, get));
    router.add("PUT", "/v1/nodes/:grid/:node", handle(services, update));
    router.add("DELETE", "/v1/nodes/:grid/:node", handle(services, remove));
}

} // namespace kontena::master
