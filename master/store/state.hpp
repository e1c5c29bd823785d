#pragma once

#include "core/base/persistent_map.hpp"
#include "core/model/assignment.hpp"
#include "core/model/cause.hpp"
#include "core/model/deploy.hpp"
#include "core/model/grid.hpp"
#include "core/model/node.hpp"
#include "core/model/plan.hpp"
#include "core/model/service.hpp"
#include "core/model/source.hpp"
#include "core/model/token.hpp"

#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

namespace kontena::master {

/// Counts the transactions of a store; never reused.
using Index = std::uint64_t;

/// The kinds of object that the store holds. Names and order are part of the database: only add.
using Kinds = boost::mp11::mp_list<
    model::Grid,
    model::Node,
    model::Stack,
    model::Service,
    model::Assignment,
    model::Observation,
    model::Deploy,
    model::Source,
    model::SourceStatus,
    model::SourceCredentials,
    model::Revision,
    model::Plan,
    model::Token,
    model::RenderedStack>;

inline constexpr std::array<std::string_view, boost::mp11::mp_size<Kinds>::value> kKindNames = {
    "grid",
    "node",
    "stack",
    "service",
    "assignment",
    "observation",
    "deploy",
    "source",
    "source_status",
    "credentials",
    "revision",
    "plan",
    "token",
    "rendered_stack",
};

template <class T>
inline constexpr std::size_t kind_index = boost::mp11::mp_find<Kinds, T>::value;

template <class T>
using KeyOf = decltype(T::id);

template <class T>
using Table = core::PersistentMap<KeyOf<T>, T>;

/// All objects, as of one index. Copies are cheap and immutable in effect: they share structure.
class State {
public:
    Index index = 0;

    template <class T>
    Table<T> const& all() const {
        return std::get<Table<T>>(tables_);
    }

    template <class T>
    std::shared_ptr<T const> find(KeyOf<T> const& key) const {
        return all<T>().find(key);
    }

    template <class T>
    void put(std::shared_ptr<T const> value) {
        auto const key = value->id;
        std::get<Table<T>>(tables_).put(key, std::move(value));
    }

    template <class T>
    void erase(KeyOf<T> const& key) {
        std::get<Table<T>>(tables_).erase(key);
    }

private:
    template <class... T>
    static std::tuple<Table<T>...> make_tables(boost::mp11::mp_list<T...>);

    decltype(make_tables(Kinds{})) tables_;
};

template <class T>
using Pointer = std::shared_ptr<T const>;

/// A pointer to an object of any kind; a null pointer stands for "no such object".
using AnyObject = boost::mp11::mp_rename<boost::mp11::mp_transform<Pointer, Kinds>, std::variant>;

/// One object created (no before), changed, or removed (no after). Both have the same kind.
struct Change {
    std::string key;
    AnyObject before;
    AnyObject after;

    std::string_view kind() const { return kKindNames[after.index()]; }

    bool is_creation() const {
        return std::visit([](auto const& p) { return p == nullptr; }, before);
    }

    bool is_removal() const {
        return std::visit([](auto const& p) { return p == nullptr; }, after);
    }

    template <class T>
    bool is() const {
        return after.index() == kind_index<T>;
    }
};

/// Changes that happen together or not at all, and why. Built against the state that it will be
/// applied to: see Store::update.
class Txn {
public:
    Txn(State const& state, model::Cause cause)
        : state_(state)
        , cause_(std::move(cause)) {}

    template <class T>
    void put(T value) {
        auto const key = value.id;
        add<T>(key, std::make_shared<T const>(std::move(value)));
    }

    template <class T>
    void remove(KeyOf<T> const& key) {
        if (state_.find<T>(key)) add<T>(key, nullptr);
    }

    /// The state with the changes made so far.
    State const& state() const { return state_; }

    model::Cause const& cause() const { return cause_; }

    std::vector<Change> const& changes() const { return changes_; }

    bool empty() const { return changes_.empty(); }

private:
    template <class T>
    void add(KeyOf<T> const& key, Pointer<T> after) {
        changes_.push_back({.key = key.str(), .before = state_.find<T>(key), .after = after});
        if (after) {
            state_.put<T>(std::move(after));
        } else {
            state_.erase<T>(key);
        }
    }

    State state_;
    model::Cause cause_;
    std::vector<Change> changes_;
};

/// A transaction as it was stored.
struct Commit {
    Index index = 0;
    core::TimePoint time;
    model::Cause cause;
    std::vector<Change> changes;
};

} // namespace kontena::master
