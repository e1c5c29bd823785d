#include "master/features/event_log.hpp"
#include "master/features/feature.hpp"
#include "master/features/past.hpp"
#include "master/features/status.hpp"
#include "reconciler/explain.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

/// Why a service is as it is, or was at a time: how its instances stand, and the chain of what led
/// there, read from the journal.
namespace kontena::master {
namespace {

namespace bj = boost::json;
using core::Errc;
using core::Result;

constexpr int kDefaultLinks = 50;
constexpr int kMaxLinks = 1000;

/// A deploy belongs to all instances, an assignment or observation to its own.
bool concerns(JournalRow const& row, core::ServiceId const& service, int instance) {
    bool const of_instance = row.kind == "assignment" || row.kind == "observation";
    return instance == 0 || !of_instance || row.id == core::instance_id(service, instance).str();
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

/// How it stands, or stood: a state of the past holds one service only, so that nothing can be
/// placed in it.
Result<bj::object>
head_of(Services& services, State const& state, Context const& context, int instance, bool past) {
    KTRY(auto const service, service_at(state, context));
    auto const id = service->id;
    auto const until = until_of(context);
    auto const now = past ? **until : services.clock.now();
    GridViews then;
    auto* grid = (past ? then : services.views).at(state, core::grid_of(id));
    auto const view = service_view(state, id);
    auto reasons =
        past ? reconciler::explain_past(*grid, id, now) : reconciler::explain(*grid, id, now);
    if (instance > 0)
        std::erase_if(reasons, [&](auto const& reason) { return reason.number != instance; });
    if (instance > 0 && reasons.empty())
        return core::fail(Errc::not_found, fmt::format("{} has no instance {}", id, instance));
    auto const& deploy = view->deploy;
    // What sources want is known of now only.
    auto const failed = !deploy ? nullptr
                        : past  ? state.find<model::Deploy>(deploy->rollback_of)
                                : taken_back(state, *deploy);
    bj::object out{
        {"service", id.str()},
        {"at", core::format_time(now)},
        {"status", service_status(state, *view)},
        {"wanted", wanted_instances(*view)},
        {"instances", json::encode(reasons)},
        {"deploy", deploy ? bj::value(show(*deploy, state)) : bj::value(nullptr)},
        {"taken_back", failed ? bj::value(show(*failed, state)) : bj::value(nullptr)},
    };
    return out;
}

core::Error removed(core::ServiceId const& service, JournalRow const& row) {
    auto const& cause = row.cause;
    auto const by =
        cause.commit.empty()
            ? cause.actor
            : fmt::format("commit {} of source {}", cause.commit.substr(0, 10), cause.source);
    return core::fail(
        Errc::not_found,
        fmt::format(
            "service {0} was removed at {1} by {2}{3}{4}. What led there: kontena service why {0} "
            "--until {5}",
            fmt::format("{}/{}", core::stack_of(service).leaf(), service.leaf()),
            core::format_time(row.time),
            by,
            cause.detail.empty() ? "" : ": ",
            cause.detail,
            core::format_time(row.time - core::Millis(1))
        )
    );
}

awaitable<Reply> why(Services& services, Context context) {
    KCO_TRY(auto const until, until_of(context));
    KCO_TRY(auto const grid, grid_at(services.store.state(), context));
    auto const id = core::ServiceId(
        fmt::format("{}/{}/{}", grid->id.str(), context.at("stack"), context.at("service"))
    );
    auto state = services.store.state();
    if (until) {
        KCO_TRY(state, co_await state_at(services.store, id, *until));
    }
    auto const instance = context.number("instance", 0, 10'000'000);
    if (!state.find<model::Service>(id)) {
        KCO_TRY(auto const row, co_await removal_of(services.store, id, until));
        if (row) co_return removed(id, *row);
    }
    KCO_TRY(auto out, head_of(services, state, context, instance, until.has_value()));
    EventQuery query{
        .rows = {.grid = grid->id.str(), .id_prefix = id.str(), .until = until, .newest = true},
        .limit = context.number("limit", kDefaultLinks, kMaxLinks),
        .wanted = [=](JournalRow const& row) { return concerns(row, id, instance); },
    };
    KCO_TRY(auto page, co_await read_events(services.store, std::move(query)));
    out["chain"] = std::move(page.events);
    co_return json_reply(200, out);
}

} // namespace

void add_why_routes(Router& router, Services& services) {
    router.add("GET", "/v1/services/:grid/:stack/:service/why", handle(services, why));
}

} // namespace kontena::master
