#include "master/features/past.hpp"

#include "core/json/codec.hpp"

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

} // namespace

awaitable<core::Result<State>> state_at(Store& store, core::ServiceId service, core::TimePoint at) {
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

} // namespace kontena::master
