#include "master/control/apply.hpp"
#include "master/features/feature.hpp"
#include "reconciler/plan.hpp"

#include <boost/json/array.hpp>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;
using core::Result;

awaitable<Reply> list(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const grid, grid_at(state, context));
    bj::array out;
    state.all<model::Stack>().for_prefix(grid->id.str() + "/", [&](auto const&, auto const& stack) {
        out.push_back(show(*stack, state));
    });
    co_return json_reply(200, bj::object{{"stacks", std::move(out)}});
}

awaitable<Reply> get(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const stack, stack_at(state, context));
    co_return json_reply(200, show(*stack, state));
}

awaitable<Reply> remove(Services& services, Context context) {
    model::Plan plan;
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const stack, stack_at(head, context));
        auto const owner = head.find<model::Source>(stack->owner);
        bool const owned = owner && owner->kind == model::SourceKind::git;
        if (owned && !context.query.flag("force")) {
            return core::fail(
                Errc::conflict,
                fmt::format(
                    "stack {0} belongs to source {1}, which would bring it back. To remove it for "
                    "good: take {2} out of {3} and push, or kontena source remove {1}, then "
                    "kontena stack remove {0}. To remove it now all the same, pass --owned",
                    stack->id.leaf(),
                    owner->id.leaf(),
                    stack->spec->origin.file.empty() ? "its file" : stack->spec->origin.file,
                    owner->url
                )
            );
        }
        auto cause = cause_of(context, fmt::format("remove stack {}", stack->id.leaf()));
        auto const now = services.clock.now();
        KTRY(
            auto prepared,
            reconciler::prepare_removal(
                *services.views.at(head, core::grid_of(stack->id)), stack->id, cause, now
            )
        );
        Txn txn(head, std::move(cause));
        plan = apply(txn, std::move(prepared), now);
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    co_return json_reply(200, bj::object{{"plan", json::encode(plan)}});
}

} // namespace

void add_stack_routes(Router& router, Services& services) {
    router.add("GET", "/v1/grids/:grid/stacks", handle(services, list));
    router.add("GET", "/v1/stacks/:grid/:stack", handle(services, get));
    router.add("DELETE", "/v1/stacks/:grid/:stack", handle(services, remove));
}

} // namespace kontena::master
