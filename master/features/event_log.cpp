#include "master/features/event_log.hpp"

#include "master/features/event.hpp"

#include <algorithm>
#include <charconv>

namespace kontena::master {
namespace {

namespace bj = boost::json;

/// Rows that become events are a part of all rows: so many are read for each event wanted, and more
/// when that was not enough.
constexpr int kRowsPerEvent = 6;
constexpr int kMoreRows = 4;
constexpr int kMaxRows = 200'000;

std::vector<bj::object> told(std::vector<JournalRow> const& rows, EventQuery const& query) {
    std::vector<bj::object> out;
    for (auto const& row : rows) {
        if (query.wanted && !query.wanted(row)) continue;
        if (auto event = event_json(row)) out.push_back(std::move(*event));
    }
    return out;
}

} // namespace

Position parse_position(std::string const& text) {
    Position out;
    auto const* end = text.data() + text.size();
    auto const [dot, ec] = std::from_chars(text.data(), end, out.index);
    if (ec == std::errc{} && dot != end && *dot == '.') std::from_chars(dot + 1, end, out.seq);
    return out;
}

awaitable<core::Result<EventPage>> read_events(Store& store, EventQuery query) {
    query.rows.kinds = event_kinds();
    query.rows.after = query.from.index;
    query.rows.after_seq = query.from.seq;
    query.rows.limit = query.limit * kRowsPerEvent;
    auto const limit = std::size_t(query.limit);
    for (;;) {
        KCO_TRY(auto const rows, co_await store.journal(query.rows));
        auto all = told(rows, query);
        bool const full = rows.size() >= std::size_t(query.rows.limit);
        bool const again =
            full && query.rows.newest && all.size() < limit && query.rows.limit < kMaxRows;
        if (again) {
            query.rows.limit = std::min(query.rows.limit * kMoreRows, kMaxRows);
            continue;
        }
        EventPage out{.last = query.from, .more = full};
        if (!rows.empty()) out.last = {rows.back().index, rows.back().seq};
        if (all.size() > limit && query.rows.newest)
            all.erase(all.begin(), all.end() - std::ptrdiff_t(limit));
        if (all.size() > limit) {
            all.resize(limit);
            out.last = parse_position(std::string(all.back().at("id").as_string()));
            out.more = true;
        }
        out.events = bj::array(all.begin(), all.end());
        co_return out;
    }
}

} // namespace kontena::master
