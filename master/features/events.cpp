#include "master/features/event_log.hpp"
#include "master/features/feature.hpp"

#include <boost/json/array.hpp>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using namespace std::chrono_literals;
using core::Result;

constexpr int kDefaultLimit = 100;
constexpr int kMaxLimit = 10'000;
constexpr core::Millis kKeepAlive = 15s;

Result<JournalQuery> query_of(State const& state, Context const& context) {
    KTRY(auto const grid, grid_at(state, context));
    JournalQuery out{.grid = grid->id.str()};
    if (context.path.contains("stack")) {
        out.id_prefix = fmt::format("{}/{}", grid->id.str(), context.at("stack"));
        if (context.path.contains("service")) out.id_prefix += "/" + context.at("service");
    }
    return out;
}

std::string lines_of(bj::array const& events) {
    std::string out;
    for (auto const& event : events) out += json::serialize(event) + "\n";
    return out;
}

/// Sends `head`, then every event after the query's position, as lines of JSON, until the client
/// goes away.
awaitable<void>
follow(Services& services, EventQuery query, std::string head, net::BodyWriter& out) {
    auto watch = services.store.watch();
    if (!head.empty() && !co_await out.write(std::move(head))) co_return;
    for (;;) {
        auto const page = co_await read_events(services.store, query);
        if (!page) co_return;
        query.from = page->last;
        if (!page->events.empty() && !co_await out.write(lines_of(page->events))) co_return;
        if (page->more) continue;
        auto const batch = co_await watch.next(kKeepAlive);
        // A blank line now and then finds out that the client is gone.
        if (batch.commits.empty() && !batch.resync && !co_await out.write("\n")) co_return;
    }
}

awaitable<Reply> list(Services& services, Context context) {
    EventQuery query{.limit = context.number("limit", kDefaultLimit, kMaxLimit)};
    KCO_TRY(query.rows, query_of(services.store.state(), context));
    auto const from = context.query.get("from");
    query.from = parse_position(from.value_or(""));
    query.rows.newest = !from.has_value();
    KCO_TRY(auto page, co_await read_events(services.store, query));
    if (!context.query.flag("follow"))
        co_return json_reply(200, bj::object{{"logs", std::move(page.events)}});
    query.from = page.last;
    query.rows.newest = false;
    net::StreamReply reply;
    reply.headers.set("Content-Type", "application/x-ndjson");
    reply.produce = [&services, query, head = lines_of(page.events)](net::BodyWriter& out) {
        return follow(services, query, head, out);
    };
    co_return reply;
}

} // namespace

void add_event_routes(Router& router, Services& services) {
    router.add("GET", "/v1/grids/:grid/event_logs", handle(services, list));
    router.add("GET", "/v1/stacks/:grid/:stack/event_logs", handle(services, list));
    router.add("GET", "/v1/services/:grid/:stack/:service/event_logs", handle(services, list));
}

} // namespace kontena::master
