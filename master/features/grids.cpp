#include "core/crypto/digest.hpp"
#include "core/model/affinity.hpp"
#include "master/features/feature.hpp"

#include <boost/json/array.hpp>

#include <array>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;
using core::Result;

constexpr std::size_t kMinToken = 16;
constexpr std::size_t kTokenBytes = 32;

struct GridInput {
    std::string name;
    int initial_size = 1;
    std::string token;
    std::string subnet = "10.81.0.0/16";
    std::string supernet = "10.80.0.0/12";
    std::vector<std::string> default_affinity;
    std::vector<std::string> trusted_subnets;
};
BOOST_DESCRIBE_STRUCT(
    GridInput, (), (name, initial_size, token, subnet, supernet, default_affinity, trusted_subnets)
)

struct GridChange {
    std::optional<std::vector<std::string>> default_affinity;
    std::optional<std::vector<std::string>> trusted_subnets;
};
BOOST_DESCRIBE_STRUCT(GridChange, (), (default_affinity, trusted_subnets))

Result<void> check(GridInput const& input) {
    std::vector<core::Issue> issues;
    if (input.name.size() < 3 || !core::valid_name(input.name)) {
        issues.push_back({.path = "name", .reason = "must have 3 to 63 letters, digits, '_' or '-'"}
        );
    }
    if (input.initial_size < 1 || input.initial_size > 7) {
        issues.push_back({.path = "initial_size", .reason = "must be from 1 to 7"});
    }
    if (!input.token.empty() && input.token.size() < kMinToken) {
        issues.push_back(
            {.path = "token", .reason = fmt::format("must have at least {} characters", kMinToken)}
        );
    }
    for (auto const& rule : input.default_affinity) {
        auto const parsed = model::parse_affinity(rule);
        if (!parsed)
            issues.push_back({.path = "default_affinity", .reason = parsed.error().message});
    }
    if (issues.empty()) return {};
    return core::fail(Errc::invalid, "the grid cannot be made like this", std::move(issues));
}

awaitable<Reply> list(Services& services, Context) {
    bj::array grids;
    auto const& state = services.store.state();
    state.all<model::Grid>().for_each([&](auto const&, auto const& grid) {
        grids.push_back(show(*grid, state));
    });
    co_return json_reply(200, bj::object{{"grids", std::move(grids)}});
}

awaitable<Reply> create(Services& services, Context context) {
    KCO_TRY(auto input, body_as<GridInput>(context, json::Unknown::ignore));
    if (input.name.empty()) input.name = "grid-" + crypto::random_hex(4);
    KCO_CHECK(check(input));
    if (input.token.empty()) input.token = crypto::random_hex(kTokenBytes);
    auto const now = services.clock.now();
    model::Grid grid{
        .id = core::GridId(input.name),
        .name = input.name,
        .initial_size = input.initial_size,
        .subnet = input.subnet,
        .supernet = input.supernet,
        .default_affinity = input.default_affinity,
        .trusted_subnets = input.trusted_subnets,
        .token_hash = crypto::sha256_hex(input.token),
        .created_at = now,
        .updated_at = now,
    };
    Store::Build build = [&](State const& head) -> Result<Txn> {
        if (head.find<model::Grid>(grid.id)) {
            return core::fail(Errc::conflict, fmt::format("grid {} exists already", grid.name));
        }
        bool taken = false;
        head.all<model::Grid>().for_each([&](auto const&, auto const& other) {
            taken = taken || other->token_hash == grid.token_hash;
        });
        if (taken) return core::fail(Errc::conflict, "another grid has this token");
        Txn txn(head, cause_of(context, fmt::format("create grid {}", grid.name)));
        txn.put(grid);
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    auto out = show(grid, services.store.state());
    out["token"] = input.token;
    co_return json_reply(201, out);
}

awaitable<Reply> get(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const grid, grid_at(state, context));
    co_return json_reply(200, show(*grid, state));
}

awaitable<Reply> update(Services& services, Context context) {
    KCO_TRY(auto const input, body_as<GridChange>(context, json::Unknown::ignore));
    GridInput checked;
    checked.name = "unchanged";
    checked.default_affinity = input.default_affinity.value_or(std::vector<std::string>{});
    KCO_CHECK(check(checked));
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const grid, grid_at(head, context));
        Txn txn(head, cause_of(context, fmt::format("update grid {}", grid->name)));
        auto next = *grid;
        if (input.default_affinity) next.default_affinity = *input.default_affinity;
        if (input.trusted_subnets) next.trusted_subnets = *input.trusted_subnets;
        next.updated_at = services.clock.now();
        txn.put(std::move(next));
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    co_return co_await get(services, std::move(context));
}

template <class T>
bool any(State const& state, std::string const& prefix) {
    bool out = false;
    state.all<T>().for_prefix(prefix, [&](auto const&, auto const&) { out = true; });
    return out;
}

awaitable<Reply> remove(Services& services, Context context) {
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const grid, grid_at(head, context));
        auto const prefix = grid->id.str() + "/";
        if (any<model::Service>(head, prefix)) {
            return core::fail(
                Errc::conflict, "the grid still has services: remove its stacks first"
            );
        }
        if (any<model::Node>(head, prefix)) {
            return core::fail(Errc::conflict, "the grid still has nodes: remove them first");
        }
        Txn txn(head, cause_of(context, fmt::format("remove grid {}", grid->name)));
        std::vector<core::SourceId> sources;
        head.all<model::Source>().for_prefix(prefix, [&](auto const& id, auto const&) {
            sources.push_back(id);
        });
        for (auto const& id : sources) {
            txn.remove<model::SourceCredentials>(id);
            txn.remove<model::SourceStatus>(id);
            txn.remove<model::Source>(id);
        }
        std::vector<core::StackId> stacks;
        head.all<model::Stack>().for_prefix(prefix, [&](auto const& id, auto const&) {
            stacks.push_back(id);
        });
        for (auto const& id : stacks) txn.remove<model::Stack>(id);
        txn.remove<model::Grid>(grid->id);
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    co_return json_reply(200, bj::object{});
}

} // namespace

void add_grid_routes(Router& router, Services& services) {
    router.add("GET", "/v1/grids", handle(services, list));
    router.add("POST", "/v1/grids", handle(services, create));
    router.add("GET", "/v1/grids/:grid", handle(services, get));
    router.add("PUT", "/v1/grids/:grid", handle(services, update));
    router.add("DELETE", "/v1/grids/:grid", handle(services, remove));
}

} // namespace kontena::master
