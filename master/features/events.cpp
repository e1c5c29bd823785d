#include "master/features/event.hpp"
#include "master/features/feature.hpp"

#include <boost/json/array.hpp>

#include <charconv>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using namespace std::chrono_literals;
using core::Result;

constexpr int kDefaultLimit = 100;
constexpr int kMaxLimit = 10'000;
constexpr int kPage = 500;
constexpr core::Millis kKeepAlive = 15s;

/// Rows that become events are a part of all rows; enough of them are read to fill the limit.
constexpr int kRowsPerEvent = 6;

struct Position {
    Index index = 0;
    int seq = -1;
};

/// `INDEX.SEQ`, as events carry it in `id`.
Position parse_position(std::string const& text) {
    Position out;
    auto const* end = text.data() + text.size();
    auto const [dot, ec] = std::from_chars(text.data(), end, out.index);
    if (ec == std::errc{} && dot != end && *dot == '.') std::from_chars(dot + 1, end, out.seq);
    return out;
}

bool after(JournalRow const& row, Position const& position) {
    return row.index > position.index || (row.index == position.index && row.seq > position.seq);
}

Result<JournalQuery> query_of(State const& state, Context const& context) {
    KTRY(auto const grid, grid_at(state, context));
    JournalQuery out{.grid = grid->id.str(), .kinds = event_kinds()};
    if (context.path.contains("stack")) {
        out.id_prefix = fmt::format("{}/{}", grid->id.str(), context.at("stack"));
        if (context.path.contains("service")) out.id_prefix += "/" + context.at("service");
    }
    return out;
}

bj::array events_of(
    std::vector<JournalRow> const& rows, Position const& from, std::size_t limit, bool newest
) {
    std::vector<bj::object> all;
    for (auto const& row : rows) {
        if (!after(row, from)) continue;
        if (auto event = event_json(row)) all.push_back(std::move(*event));
    }
    if (all.size() > limit && newest) all.erase(all.begin(), all.end() - std::ptrdiff_t(limit));
    if (all.size() > limit) all.resize(limit);
    return bj::array(all.begin(), all.end());
}

std::string lines_of(bj::array const& events) {
    std::string out;
    for (auto const& event : events) out += json::serialize(event) + "\n";
    return out;
}

/// Sends `head`, then every event after the position, as lines of JSON, until the client goes away.
awaitable<void> follow(
    Services& services, JournalQuery query, Position from, std::string head, net::BodyWriter& out
) {
    auto watch = services.store.watch();
    if (!head.empty() && !co_await out.write(std::move(head))) co_return;
    for (;;) {
        query.after = from.index == 0 ? 0 : from.index - 1;
        query.limit = kPage;
        auto const rows = co_await services.store.journal(query);
        if (!rows) co_return;
        std::string lines;
        for (auto const& row : *rows) {
            if (!after(row, from)) continue;
            from = {row.index, row.seq};
            if (auto const event = event_json(row)) lines += json::serialize(*event) + "\n";
        }
        if (!lines.empty() && !co_await out.write(std::move(lines))) co_return;
        if (rows->size() >= std::size_t(kPage)) continue;
        auto const batch = co_await watch.next(kKeepAlive);
        // A blank line now and then finds out that the client is gone.
        if (batch.commits.empty() && !batch.resync && !co_await out.write("\n")) co_return;
    }
}

awaitable<Reply> list(Services& services, Context context) {
    KCO_TRY(auto query, query_of(services.store.state(), context));
    auto const limit = context.number("limit", kDefaultLimit, kMaxLimit);
    auto const from_text = context.query.get("from");
    auto from = parse_position(from_text.value_or(""));
    bool const newest = !from_text.has_value();
    query.newest = newest;
    query.after = from.index == 0 ? 0 : from.index - 1;
    query.limit = limit * kRowsPerEvent;
    KCO_TRY(auto const rows, co_await services.store.journal(query));
    auto events = events_of(rows, from, std::size_t(limit), newest);
    if (!context.query.flag("follow"))
        co_return json_reply(200, bj::object{{"logs", std::move(events)}});
    if (!rows.empty()) from = {rows.back().index, rows.back().seq};
    query.newest = false;
    net::StreamReply reply;
    reply.headers.set("Content-Type", "application/x-ndjson");
    reply.produce = [&services, query, from, head = lines_of(events)](net::BodyWriter& out) {
        return follow(services, query, from, head, out);
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
