#include "master/features/event.hpp"
#include "master/features/feature.hpp"
#include "reconciler/explain.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

/// Why a service is as it is: how its instances stand now, and the chain of what led there, read
/// from the journal.
namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;
using core::Result;

constexpr int kDefaultLinks = 50;
constexpr int kMaxLinks = 1000;
constexpr int kRowsPerLink = 6; ///< rows that become events are a part of all rows

/// A deploy belongs to all instances, an assignment or observation to its own.
bool concerns(JournalRow const& row, core::ServiceId const& service, int instance) {
    bool const of_instance = row.kind == "assignment" || row.kind == "observation";
    return instance == 0 || !of_instance || row.id == core::instance_id(service, instance).str();
}

bj::array chain_of(
    std::vector<JournalRow> const& rows,
    core::ServiceId const& service,
    int instance,
    std::size_t limit
) {
    std::vector<bj::object> links;
    for (auto const& row : rows) {
        if (!concerns(row, service, instance)) continue;
        if (auto event = event_json(row)) links.push_back(std::move(*event));
    }
    if (links.size() > limit) links.erase(links.begin(), links.end() - std::ptrdiff_t(limit));
    return bj::array(links.begin(), links.end());
}

Result<std::optional<core::TimePoint>> until_of(Context const& context) {
    auto const text = context.query.get("until");
    if (!text) return std::nullopt;
    if (auto const time = core::parse_time(*text)) return std::optional(*time);
    return core::fail(
        Errc::invalid,
        "the time cannot be read",
        {{.path = "until", .reason = "must be a time such as 2026-11-25T18:00:00Z"}}
    );
}

awaitable<Reply> why(Services& services, Context context) {
    auto const& state = services.store.state();
    KCO_TRY(auto const service, service_at(state, context));
    KCO_TRY(auto const until, until_of(context));
    auto const instance = context.number("instance", 0, 10'000'000);
    auto const limit = context.number("limit", kDefaultLinks, kMaxLinks);
    auto const id = service->id;
    JournalQuery query{
        .grid = std::string(id.root()),
        .kinds = event_kinds(),
        .id_prefix = id.str(),
        .until = until,
        .limit = limit * kRowsPerLink,
        .newest = true,
    };
    bj::object out{{"service", id.str()}, {"wanted", service->spec().instances}};
    auto* grid = services.views.at(state, core::grid_of(id));
    auto reasons = reconciler::explain(*grid, id, services.clock.now());
    if (instance > 0)
        std::erase_if(reasons, [&](auto const& reason) { return reason.number != instance; });
    if (instance > 0 && reasons.empty())
        co_return core::fail(Errc::not_found, fmt::format("{} has no instance {}", id, instance));
    out["instances"] = json::encode(reasons);
    auto const deploy = state.find<model::Deploy>(model::deploy_id(id, service->deploys));
    out["deploy"] = deploy ? bj::value(show(*deploy, state)) : bj::value(nullptr);
    KCO_TRY(auto const rows, co_await services.store.journal(std::move(query)));
    out["chain"] = chain_of(rows, id, instance, std::size_t(limit));
    co_return json_reply(200, out);
}

} // namespace

void add_why_routes(Router& router, Services& services) {
    router.add("GET", "/v1/services/:grid/:stack/:service/why", handle(services, why));
}

} // namespace kontena::master
