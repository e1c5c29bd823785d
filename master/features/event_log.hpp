#pragma once

#include "core/async/asio.hpp"
#include "master/store/store.hpp"

#include <boost/json/array.hpp>

#include <functional>
#include <string>

namespace kontena::master {

/// A place in the journal: `INDEX.SEQ`, as events carry it in `id`.
struct Position {
    Index index = 0;
    int seq = -1;
};

Position parse_position(std::string const& text);

struct EventQuery {
    JournalQuery rows; ///< which rows; how many is the limit's matter
    Position from;     ///< only what comes after it
    int limit = 100;
    std::function<bool(JournalRow const&)> wanted; ///< empty = all
};

struct EventPage {
    boost::json::array events;
    Position last; ///< of the last row that was read, event or not
    bool more = false;
};

/// The first events behind a position, or the newest ones, as `rows.newest` says; always in rising
/// order.
awaitable<core::Result<EventPage>> read_events(Store& store, EventQuery query);

} // namespace kontena::master
