#include "core/sys/files.hpp"
#include "master/control/grid_views.hpp"
#include "master/features/event_log.hpp"
#include "master/features/past.hpp"
#include "master/store/sqlite/backend.hpp"
#include "tests/support/test_loop.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace kontena::master {
namespace {

using tests::must;

struct SetClock final : async::Clock {
    core::TimePoint time{core::Seconds(1'800'000'000)};

    core::TimePoint now() const override { return time; }
};

core::ServiceId const kWeb("g/s/web");

template <class T>
Store::Build put(T value) {
    return [value](State const& head) {
        Txn txn(head, {.actor = "a test"});
        txn.put(value);
        return core::Result<Txn>(std::move(txn));
    };
}

model::Service service(int instances) {
    model::ServiceSpec spec;
    spec.instances = instances;
    model::Service out{.id = kWeb};
    out.specs.push_back({.spec = std::make_shared<model::ServiceSpec const>(spec)});
    return out;
}

model::Observation seen(model::InstanceState state) {
    return {.id = core::instance_id(kWeb, 1), .node = core::NodeId("g/n1"), .state = state};
}

awaitable<void> look_back(std::filesystem::path file) {
    SetClock clock;
    Store store(co_await asio::this_coro::executor, must(sqlite::open_backend(file)), clock);
    must(co_await store.open());
    auto const begin = clock.time;
    model::Node node{.id = core::NodeId("g/n1"), .number = 1, .connected = true};
    must(co_await store.update(put(model::Grid{.id = core::GridId("g"), .name = "g"})));
    must(co_await store.update(put(node)));
    must(co_await store.update(put(service(2))));
    must(co_await store.update(put(seen(model::InstanceState::running))));
    clock.time += core::Seconds(10);
    auto const between = clock.time - core::Seconds(1);
    node.connected = false;
    must(co_await store.update(put(node)));
    must(co_await store.update(put(service(3))));
    must(co_await store.update(put(seen(model::InstanceState::restarting))));
    clock.time += core::Seconds(10);
    must(co_await store.update(put(service(4))));
    must(co_await store.update([](State const& head) -> core::Result<Txn> {
        Txn txn(head, {.detail = "tidied up"});
        txn.remove<model::Observation>(core::instance_id(kWeb, 1));
        txn.remove<model::Service>(kWeb);
        return txn;
    }));

    auto const then = must(co_await state_at(store, kWeb, between));
    auto const view = service_view(then, kWeb);
    EXPECT_TRUE(view);
    if (!view) co_return co_await store.close();
    EXPECT_EQ(view->service->spec().instances, 2);
    EXPECT_EQ(view->instances.size(), 1U);
    EXPECT_EQ(view->instances.at(0).observation->state, model::InstanceState::running);
    EXPECT_TRUE(then.find<model::Node>(node.id)->connected);
    auto const later = must(co_await state_at(store, kWeb, between + core::Seconds(5)));
    EXPECT_EQ(later.find<model::Service>(kWeb)->spec().instances, 3);
    EXPECT_FALSE(later.find<model::Node>(node.id)->connected);
    auto const before = must(co_await state_at(store, kWeb, begin - core::Seconds(1)));
    EXPECT_FALSE(before.find<model::Service>(kWeb)) << "it was not there yet";
    auto const now = must(co_await state_at(store, kWeb, clock.time));
    EXPECT_FALSE(now.find<model::Service>(kWeb));
    auto const removal = must(co_await removal_of(store, kWeb, std::nullopt));
    EXPECT_TRUE(removal && removal->time == clock.time && removal->cause.detail == "tidied up");
    EXPECT_FALSE(must(co_await removal_of(store, kWeb, between))) << "it was there then";
    EXPECT_FALSE(must(co_await removal_of(store, core::ServiceId("g/s/we"), std::nullopt)));
    EXPECT_EQ(must(co_await store.prune_journal(between, 100)), 4);
    auto const forgotten = co_await state_at(store, kWeb, begin + core::Seconds(1));
    EXPECT_FALSE(forgotten);
    if (!forgotten) EXPECT_EQ(forgotten.error().code, core::Errc::not_found);
    auto const known = must(co_await state_at(store, kWeb, begin + core::Seconds(10)));
    EXPECT_EQ(known.find<model::Service>(kWeb)->spec().instances, 3);
    co_await store.close();
}

awaitable<void> page(std::filesystem::path file) {
    SetClock clock;
    Store store(co_await asio::this_coro::executor, must(sqlite::open_backend(file)), clock);
    must(co_await store.open());
    model::Node node{.id = core::NodeId("g/n1"), .number = 1};
    must(co_await store.update(put(node)));
    // Many rows that are no events, and one more that is.
    for (int i = 0; i < 100; ++i) {
        node.labels = {fmt::format("n={}", i)};
        must(co_await store.update(put(node)));
    }
    EventQuery query{.rows = {.grid = "g", .newest = true}, .limit = 1};
    auto const newest = must(co_await read_events(store, query));
    EXPECT_EQ(newest.events.size(), 1U) << "further back than a few rows";
    query.rows.newest = false;
    query.limit = 5;
    query.from = parse_position("0.-1");
    auto const first = must(co_await read_events(store, query));
    EXPECT_EQ(first.events.size(), 1U);
    EXPECT_TRUE(first.more);
    query.from = first.last;
    auto const next = must(co_await read_events(store, query));
    EXPECT_TRUE(next.events.empty());
    EXPECT_GT(next.last.index, first.last.index);
    // A transaction of more rows than a page has is read to its end, each event once.
    must(co_await store.update([](State const& head) -> core::Result<Txn> {
        Txn txn(head, {});
        for (int i = 0; i < 100; ++i)
            txn.put(model::Node{.id = core::NodeId(fmt::format("g/m{}", i)), .number = i + 2});
        return txn;
    }));
    query.from = parse_position("101.100");
    int events = 0;
    for (int pages = 0; pages < 30; ++pages) {
        auto const one = must(co_await read_events(store, query));
        events += int(one.events.size());
        query.from = one.last;
    }
    EXPECT_EQ(events, 100);
    co_await store.close();
}

struct Past : testing::Test {
    Past() {
        auto pattern = (std::filesystem::temp_directory_path() / "kontena-past-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder = pattern;
    }

    ~Past() override {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }

    std::filesystem::path folder;
};

TEST_F(Past, a_service_and_its_nodes_are_as_they_were) {
    tests::run(look_back(folder / "master.db"));
}

TEST_F(Past, events_are_found_behind_rows_that_are_none) { tests::run(page(folder / "master.db")); }

} // namespace
} // namespace kontena::master
