#include "master/features/feature.hpp"

#include "core/sys/log.hpp"

namespace kontena::master {
namespace {

using core::Errc;

awaitable<net::HttpReply> answer(Services& services, Feature feature, Context context) {
    auto reply = co_await feature(services, std::move(context));
    if (reply) co_return std::move(*reply);
    co_return error_reply(reply.error());
}

/// `shop/web in grid prod`: as a person knows it.
std::string spoken(std::string const& id) {
    auto const slash = id.find('/');
    if (slash == std::string::npos) return id;
    return fmt::format("{} in grid {}", id.substr(slash + 1), id.substr(0, slash));
}

template <class T>
core::Result<std::shared_ptr<T const>>
find(State const& state, KeyOf<T> const& key, std::string_view what) {
    auto found = state.find<T>(key);
    if (found) return found;
    return core::fail(Errc::not_found, fmt::format("there is no {} {}", what, spoken(key.str())));
}

} // namespace

Handler handle(Services& services, Feature feature) {
    return [&services, feature](Context context) {
        return answer(services, feature, std::move(context));
    };
}

model::Cause cause_of(Context const& context, std::string detail) {
    return {
        .kind = model::CauseKind::user,
        .actor = context.caller.token_name,
        .detail = std::move(detail)
    };
}

core::Result<std::shared_ptr<model::Grid const>>
grid_at(State const& state, Context const& context) {
    return find<model::Grid>(state, core::GridId(context.at("grid")), "grid");
}

core::Result<std::shared_ptr<model::Node const>>
node_at(State const& state, Context const& context) {
    auto const& name = context.at("node");
    auto const grid = core::GridId(context.at("grid"));
    if (name.find(':') == std::string::npos)
        return find<model::Node>(state, core::node_id(grid, name), "node");
    // An engine id has colons, a name has none.
    std::shared_ptr<model::Node const> out;
    state.all<model::Node>().for_prefix(grid.str() + "/", [&](auto const&, auto const& node) {
        if (node->engine_id == name) out = node;
    });
    if (out) return out;
    return core::fail(
        Errc::not_found, fmt::format("grid {} has no node with engine id {}", grid, name)
    );
}

core::Result<std::shared_ptr<model::Stack const>>
stack_at(State const& state, Context const& context) {
    return find<model::Stack>(
        state, core::stack_id(core::GridId(context.at("grid")), context.at("stack")), "stack"
    );
}

core::Result<std::shared_ptr<model::Service const>>
service_at(State const& state, Context const& context) {
    auto const stack = core::stack_id(core::GridId(context.at("grid")), context.at("stack"));
    return find<model::Service>(state, core::service_id(stack, context.at("service")), "service");
}

core::Result<std::shared_ptr<model::Source const>>
source_at(State const& state, Context const& context) {
    return find<model::Source>(
        state, core::source_id(core::GridId(context.at("grid")), context.at("source")), "source"
    );
}

} // namespace kontena::master
