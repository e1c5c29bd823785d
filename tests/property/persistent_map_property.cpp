#include "core/base/ids.hpp"
#include "core/base/persistent_map.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace kontena;

using Map = core::PersistentMap<core::NodeId, int>;
using Model = std::map<core::NodeId, int>;

/// Few and short keys, so that they meet and are prefixes of each other.
core::NodeId key() {
    return core::NodeId(*rc::gen::container<std::string>(rc::gen::element('a', 'b', '/')));
}

Model content(Map const& map) {
    Model out;
    std::vector<core::NodeId> order;
    map.for_each([&](auto const& k, auto const& value) {
        order.push_back(k);
        out.emplace(k, *value);
    });
    RC_ASSERT(std::ranges::is_sorted(order));
    RC_ASSERT(order.size() == out.size());
    return out;
}

void check(Map const& map, Model const& model) {
    RC_ASSERT(content(map) == model);
    RC_ASSERT(map.size() == model.size());
    RC_ASSERT(map.empty() == model.empty());
}

RC_GTEST_PROP(PersistentMap, BehavesLikeAMapAndCopiesNeverChange, ()) {
    Map map;
    Model model;
    std::vector<std::pair<Map, Model>> snapshots;
    auto const operations = *rc::gen::inRange(0, 200);
    for (int i = 0; i < operations; ++i) {
        auto const k = key();
        switch (*rc::gen::inRange(0, 5)) {
        case 0:
        case 1:
        case 2:
            map.put(k, std::make_shared<int const>(i));
            model[k] = i;
            break;
        case 3:
            map.erase(k);
            model.erase(k);
            break;
        default:
            snapshots.emplace_back(map, model);
        }
        auto const found = map.find(k);
        RC_ASSERT((found != nullptr) == model.contains(k));
        if (found) RC_ASSERT(*found == model.at(k));
    }
    check(map, model);
    for (auto const& [copy, expected] : snapshots) check(copy, expected);
}

RC_GTEST_PROP(PersistentMap, AWalkByPrefixFindsWhatAScanFinds, ()) {
    Map map;
    Model model;
    auto const size = *rc::gen::inRange(0, 100);
    for (int i = 0; i < size; ++i) {
        auto const k = key();
        map.put(k, std::make_shared<int const>(i));
        model[k] = i;
    }
    auto const prefix = key().str();
    Model found;
    map.for_prefix(prefix, [&](auto const& k, auto const& value) { found.emplace(k, *value); });
    std::erase_if(model, [&](auto const& item) { return !item.first.str().starts_with(prefix); });
    RC_ASSERT(found == model);
}

RC_GTEST_PROP(PersistentMap, ADifferenceIsWhatAScanFinds, ()) {
    Map before;
    auto const size = *rc::gen::inRange(0, 100);
    for (int i = 0; i < size; ++i) before.put(key(), std::make_shared<int const>(i));
    auto after = before;
    auto const changes = *rc::gen::inRange(0, 20);
    for (int i = 0; i < changes; ++i) {
        if (*rc::gen::arbitrary<bool>()) {
            after.put(key(), std::make_shared<int const>(i));
        } else {
            after.erase(key());
        }
    }
    std::map<core::NodeId, std::pair<Map::Value, Map::Value>> expected;
    before.for_each([&](auto const& k, auto const& value) { expected[k].first = value; });
    after.for_each([&](auto const& k, auto const& value) { expected[k].second = value; });
    std::erase_if(expected, [](auto const& item) {
        return item.second.first == item.second.second;
    });
    std::map<core::NodeId, std::pair<Map::Value, Map::Value>> found;
    Map::diff(before, after, [&](auto const& k, auto const& old, auto const& now) {
        RC_ASSERT(found.emplace(k, std::pair(old, now)).second);
    });
    RC_ASSERT(found == expected);
}

} // namespace
