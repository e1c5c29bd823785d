#include "master/control/apply.hpp"
#include "master/control/grid_views.hpp"
#include "master/features/feature.hpp"
#include "reconciler/plan.hpp"

#include <boost/json/array.hpp>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;
using core::Result;

constexpr int kMaxInstances = 10'000;

struct ScaleInput {
    int instances = -1;
    bool force = false;
};
BOOST_DESCRIBE_STRUCT(ScaleInput, (), (instances, force))

awaitable<Reply> list(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const grid, grid_at(state, context));
    auto prefix = grid->id.str() + "/";
    if (auto const stack = context.query.get("stack")) {
        auto const id = core::stack_id(grid->id, *stack);
        if (!state.find<model::Stack>(id))
            co_return core::fail(Errc::not_found, fmt::format("there is no stack {}", id));
        prefix = id.str() + "/";
    }
    bj::array out;
    state.all<model::Service>().for_prefix(prefix, [&](auto const&, auto const& service) {
        out.push_back(show(*service, state));
    });
    co_return json_reply(200, bj::object{{"services", std::move(out)}});
}

bj::array instances_of(State const& state, model::Service const& service) {
    bj::array out;
    auto const view = service_view(state, service.id);
    for (auto const& instance : view->instances)
        out.push_back(show_instance(state, service, instance.number));
    return out;
}

awaitable<Reply> get(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const service, service_at(state, context));
    auto out = show(*service, state);
    out["instances_detail"] = instances_of(state, *service);
    co_return json_reply(200, out);
}

awaitable<Reply> instances(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const service, service_at(state, context));
    co_return json_reply(200, bj::object{{"instances", instances_of(state, *service)}});
}

/// A change by hand of what a Git source owns would be taken back or forgotten: only on demand.
Result<void> check_owner(State const& state, core::ServiceId const& service, bool force) {
    auto const stack = state.find<model::Stack>(core::stack_of(service));
    auto const owner = stack ? state.find<model::Source>(stack->owner) : nullptr;
    if (!owner || owner->kind != model::SourceKind::git || force) return {};
    return core::fail(
        Errc::conflict,
        fmt::format(
            "stack {} belongs to source {}: change it there, or pass --force to change it by hand",
            stack->id.leaf(),
            stack->owner.leaf()
        )
    );
}

awaitable<Reply> scale(Services& services, Context context) {
    KCO_TRY(auto const input, body_as<ScaleInput>(context, json::Unknown::ignore));
    if (input.instances < 0 || input.instances > kMaxInstances) {
        co_return core::fail(
            Errc::invalid,
            "the service cannot be scaled like this",
            {{.path = "instances", .reason = fmt::format("must be from 0 to {}", kMaxInstances)}}
        );
    }
    core::ServiceId id;
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const service, service_at(head, context));
        id = service->id;
        KCHECK(check_owner(head, id, input.force));
        auto cause = cause_of(context, fmt::format("scale {} to {}", id.leaf(), input.instances));
        auto const now = services.clock.now();
        KTRY(
            auto prepared,
            reconciler::prepare_scale(
                *services.views.at(head, core::grid_of(id)), id, input.instances, cause, now
            )
        );
        Txn txn(head, std::move(cause));
        apply(txn, std::move(prepared), now);
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    auto const& state = services.store.state();
    auto const view = service_view(state, id);
    if (!view || !view->deploy) co_return json_reply(200, bj::object{});
    co_return json_reply(200, show(*view->deploy, state));
}

awaitable<Reply>
set_state(Services& services, Context context, model::ServiceState wanted, std::string word) {
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const service, service_at(head, context));
        auto cause = cause_of(context, fmt::format("{} {}", word, service->id.leaf()));
        Txn txn(head, cause);
        if (service->state == wanted) return txn;
        KCHECK(check_owner(head, service->id, context.query.flag("force")));
        auto next = *service;
        next.state = wanted;
        next.cause = std::move(cause);
        next.updated_at = services.clock.now();
        txn.put(std::move(next));
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    co_return json_reply(200, bj::object{});
}

awaitable<Reply> stop(Services& services, Context context) {
    return set_state(services, std::move(context), model::ServiceState::stopped, "stop");
}

awaitable<Reply> start(Services& services, Context context) {
    return set_state(services, std::move(context), model::ServiceState::running, "start");
}

} // namespace

void add_service_routes(Router& router, Services& services) {
    std::string const one = "/v1/services/:grid/:stack/:service";
    router.add("GET", "/v1/grids/:grid/services", handle(services, list));
    router.add("GET", one, handle(services, get));
    router.add("GET", one + "/instances", handle(services, instances));
    router.add("POST", one + "/scale", handle(services, scale));
    router.add("POST", one + "/stop", handle(services, stop));
    router.add("POST", one + "/start", handle(services, start));
}

} // namespace kontena::master
