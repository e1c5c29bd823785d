#include "master/features/past.hpp"

#include "core/json/codec.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <string_view>

namespace kontena::master {
namespace {

/// Puts back what stood there before a row; what cannot be read stays as it is.
template <class T>
void take_back(State& state, JournalRow const& row) {
    KeyOf<T> const key(row.id);
    if (row.before.empty()) return state.erase<T>(key);
    auto before = json::decode_text<T>(row.before);
    if (before) state.put<T>(std::make_shared<T const>(std::move(*before)));
}

struct Taker {
    std::string_view kind;
    void (*take)(State&, JournalRow const&);
};

constexpr std::array kTakers = {
    Taker{"node", take_back<model::Node>},
    Taker{"service", take_back<model::Service>},
    Taker{"deploy", take_back<model::Deploy>},
    Taker{"assignment", take_back<model::Assignment>},
    Taker{"observation", take_back<model::Observation>},
};

void take_back(State& state, std::vector<JournalRow> const& rows) {
    for (auto const& row : rows)
        for (auto const& taker : kTakers)
            if (taker.kind == row.kind) taker.take(state, row);
}

/// What was there before the oldest row that is kept cannot be told any more.
core::Result<void> check_kept(std::vector<JournalRow> const& oldest, core::TimePoint at) {
    if (oldest.empty() || oldest.front().index == 1 || oldest.front().time <= at) return {};
    return core::fail(
        core::Errc::not_found,
        fmt::format(
            "the journal goes back to {}: how it was before that is no longer known",
            core::format_time(oldest.front().time)
        )
    );
}

} // namespace

awaitable<core::Result<State>> state_at(Store& store, core::ServiceId service, core::TimePoint at) {
    KCO_TRY(auto const oldest, co_await store.journal({.limit = 1}));
    KCO_CHECK(check_kept(oldest, at));
    auto out = store.state();
    // The first row of each object after that time holds what it was until then.
    JournalQuery query{
        .grid = std::string(service.root()),
        .kinds = {"node"},
        .since = at,
        .first_each = true,
        .limit = std::numeric_limits<int>::max(),
    };
    KCO_TRY(auto const nodes, co_await store.journal(query));
    query.id_prefix = service.str();
    query.kinds = {"service", "deploy", "assignment", "observation"};
    KCO_TRY(auto const parts, co_await store.journal(query));
    take_back(out, nodes);
    take_back(out, parts);
    co_return out;
}

awaitable<core::Result<std::optional<JournalRow>>>
removal_of(Store& store, core::ServiceId service, std::optional<core::TimePoint> until) {
    JournalQuery query{
        .grid = std::string(service.root()),
        .kinds = {"service"},
        .id_prefix = service.str(),
        .until = until,
        .limit = 1,
        .newest = true,
    };
    KCO_TRY(auto const rows, co_await store.journal(std::move(query)));
    std::optional<JournalRow> out;
    for (auto const& row : rows) {
        if (row.id != service.str()) continue;
        out = row.operation == "remove" ? std::optional(row) : std::nullopt;
    }
    co_return out;
}

} // namespace kontena::master
