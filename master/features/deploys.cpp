#include "master/features/feature.hpp"
#include "reconciler/failure.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

/// Deploys of a service, and the hand on a rollout: pause, resume, abort.
namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;
using core::Result;

/// As a person knows it: without the grid.
std::string name_of(core::ServiceId const& id) {
    return fmt::format("{}/{}", core::stack_of(id).leaf(), id.leaf());
}

awaitable<Reply> list(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const service, service_at(state, context));
    std::vector<std::shared_ptr<model::Deploy const>> deploys;
    state.all<model::Deploy>().for_prefix(
        service->id.str() + "/", [&](auto const&, auto const& deploy) { deploys.push_back(deploy); }
    );
    std::ranges::sort(deploys, std::ranges::greater{}, [](auto const& deploy) {
        return deploy->created_at;
    });
    bj::array out;
    for (auto const& deploy : deploys) out.push_back(show(*deploy, state));
    co_return json_reply(200, bj::object{{"deploys", std::move(out)}});
}

awaitable<Reply> get(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const service, service_at(state, context));
    auto const id = core::DeployId(fmt::format("{}/{}", service->id.str(), context.at("deploy")));
    auto const deploy = state.find<model::Deploy>(id);
    if (!deploy)
        co_return core::fail(
            Errc::not_found, fmt::format("{} has no deploy {}", name_of(service->id), id.leaf())
        );
    co_return json_reply(200, show(*deploy, state));
}

using Change = Result<reconciler::Redeploy> (*)(
    model::Service const&, model::Deploy const&, model::Cause const&, core::TimePoint
);

/// Changes the newest deploy of a service.
awaitable<Reply> change(Services& services, Context context, std::string word, Change how) {
    core::DeployId id;
    Store::Build build = [&](State const& head) -> Result<Txn> {
        KTRY(auto const service, service_at(head, context));
        auto const newest =
            head.find<model::Deploy>(model::deploy_id(service->id, service->deploys));
        if (!newest)
            return core::fail(
                Errc::conflict, fmt::format("{} was never deployed", name_of(service->id))
            );
        auto cause = cause_of(
            context,
            fmt::format("{} deploy {} of {}", word, newest->id.leaf(), name_of(service->id))
        );
        KTRY(auto next, how(*service, *newest, cause, services.clock.now()));
        Txn txn(head, std::move(cause));
        id = next.deploy.id;
        if (next.service.deploys != service->deploys) txn.put(std::move(next.service));
        txn.put(std::move(next.deploy));
        return txn;
    };
    KCO_CHECK(co_await services.store.update(std::move(build)));
    auto const& state = services.store.state();
    auto const deploy = state.find<model::Deploy>(id);
    if (!deploy) co_return core::fail(Errc::conflict, "the service was removed meanwhile");
    co_return json_reply(200, show(*deploy, state));
}

awaitable<Reply> pause(Services& services, Context context) {
    return change(services, std::move(context), "pause", reconciler::pause);
}

awaitable<Reply> resume(Services& services, Context context) {
    return change(services, std::move(context), "resume", reconciler::resume);
}

awaitable<Reply> abort(Services& services, Context context) {
    return change(services, std::move(context), "abort", reconciler::abort);
}

} // namespace

void add_deploy_routes(Router& router, Services& services) {
    std::string const one = "/v1/services/:grid/:stack/:service/deploys";
    router.add("GET", one, handle(services, list));
    router.add("GET", one + "/:deploy", handle(services, get));
    router.add("POST", one + "/pause", handle(services, pause));
    router.add("POST", one + "/resume", handle(services, resume));
    router.add("POST", one + "/abort", handle(services, abort));
}

} // namespace kontena::master
