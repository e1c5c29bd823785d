#include "core/json/codec.hpp"
#include "core/sys/files.hpp"
#include "embedded/migration_0001.hpp"
#include "master/control/revision.hpp"
#include "master/store/sqlite/backend.hpp"
#include "master/store/sqlite/database.hpp"
#include "master/store/store.hpp"
#include "tests/support/test_loop.hpp"

#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <set>

namespace kontena::master {
namespace {

using testing::HasSubstr;
using tests::must;

struct FixedClock final : async::Clock {
    core::TimePoint now() const override { return core::TimePoint(core::Seconds(1'800'000'000)); }
};

FixedClock const kClock;

constexpr int kWriters = 100;

/// A folder that goes with the test.
struct Folder {
    Folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "kontena-store-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path = pattern;
    }

    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;

    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    std::unique_ptr<Backend> backend() const {
        return must(sqlite::open_backend(path / "master.db"));
    }

    std::filesystem::path path;
};

/// Passes everything on to SQLite, but refuses the n-th write.
class FailingBackend final : public Backend {
public:
    FailingBackend(std::unique_ptr<Backend> real, int nth)
        : real_(std::move(real))
        , left_(nth) {}

    core::Result<State> load() override { return real_->load(); }

    core::Result<void> persist(std::vector<std::shared_ptr<Commit const>> const& commits) override {
        if (--left_ == 0) return core::fail(core::Errc::unavailable, "the disk is full");
        return real_->persist(commits);
    }

    core::Result<std::vector<JournalRow>> journal(JournalQuery const& query) override {
        return real_->journal(query);
    }

    core::Result<int> prune_journal(core::TimePoint before, int limit) override {
        return real_->prune_journal(before, limit);
    }

private:
    std::unique_ptr<Backend> real_;
    int left_;
};

model::Grid grid(std::string const& name, int size = 1) {
    return {.id = core::GridId(name), .name = name, .initial_size = size};
}

Store::Build put(model::Grid value, std::string detail = "a test") {
    return [value = std::move(value), detail = std::move(detail)](State const& head) {
        Txn txn(head, {.kind = model::CauseKind::user, .actor = "me", .detail = detail});
        txn.put(value);
        return core::Result<Txn>(std::move(txn));
    };
}

std::vector<std::string> names(State const& state) {
    std::vector<std::string> out;
    state.all<model::Grid>().for_each([&](auto const& id, auto const&) { out.push_back(id.str()); }
    );
    return out;
}

TEST(Store, keeps_what_was_acknowledged) {
    Folder const folder;
    tests::run([](Folder const& at) -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        Index last = 0;
        {
            Store store(executor, at.backend(), kClock);
            must(co_await store.open());
            EXPECT_EQ(store.state().index, 0U);
            must(co_await store.update(put(grid("a", 3))));
            must(co_await store.update(put(grid("b"))));
            last = must(co_await store.update([](State const& head) -> core::Result<Txn> {
                Txn txn(head, {});
                txn.remove<model::Grid>(core::GridId("b"));
                txn.put(model::Node{
                    .id = core::NodeId("a/n1"), .number = 1, .labels = {"az=a"}, .connected = true
                });
                return txn;
            }));
            co_await store.close();
        }
        Store store(executor, at.backend(), kClock);
        must(co_await store.open());
        EXPECT_EQ(store.state().index, last);
        EXPECT_EQ(names(store.state()), (std::vector<std::string>{"a"}));
        EXPECT_EQ(store.state().find<model::Grid>(core::GridId("a"))->initial_size, 3);
        auto const node = store.state().find<model::Node>(core::NodeId("a/n1"));
        EXPECT_TRUE(node && node->connected && node->labels.size() == 1);
        EXPECT_EQ(must(co_await store.update(put(grid("c")))), last + 1);
        co_await store.close();
    }(folder));
}

TEST(Store, journals_before_after_and_cause) {
    Folder const folder;
    tests::run([](Folder const& at) -> awaitable<void> {
        Store store(co_await asio::this_coro::executor, at.backend(), kClock);
        must(co_await store.open());
        must(co_await store.update(put(grid("a", 1), "first")));
        must(co_await store.update(put(grid("a", 2), "second")));
        must(co_await store.update([](State const& head) -> core::Result<Txn> {
            Txn txn(head, {.detail = "third"});
            txn.remove<model::Grid>(core::GridId("a"));
            txn.remove<model::Grid>(core::GridId("there is none"));
            return txn;
        }));
        auto const rows = must(co_await store.journal({}));
        EXPECT_EQ(rows.size(), 3U);
        if (rows.size() != 3) co_return co_await store.close();
        EXPECT_EQ(rows[0].operation, "create");
        EXPECT_EQ(rows[1].operation, "update");
        EXPECT_EQ(rows[2].operation, "remove");
        EXPECT_EQ(rows[0].before, "");
        EXPECT_EQ(must(json::decode_text<model::Grid>(rows[1].before)).initial_size, 1);
        EXPECT_EQ(must(json::decode_text<model::Grid>(rows[1].after)).initial_size, 2);
        EXPECT_EQ(rows[1].before, rows[0].after);
        EXPECT_EQ(rows[2].after, "");
        EXPECT_EQ(rows[0].cause.actor, "me");
        EXPECT_EQ(rows[1].cause.detail, "second");
        EXPECT_EQ(rows[2].kind, "grid");
        EXPECT_EQ(rows[2].id, "a");
        EXPECT_EQ(rows[0].time, kClock.now());
        EXPECT_LT(rows[0].index, rows[1].index);
        auto const newest = must(co_await store.journal({.limit = 1, .newest = true}));
        EXPECT_EQ(newest.size(), 1U);
        EXPECT_EQ(newest.back().operation, "remove");
        EXPECT_EQ(must(co_await store.journal({.after = rows[1].index})).size(), 1U);
        EXPECT_EQ(must(co_await store.journal({.kinds = {"node"}})).size(), 0U);
        EXPECT_EQ(must(co_await store.journal({.grid = "a"})).size(), 3U);
        EXPECT_EQ(must(co_await store.journal({.grid = "aa"})).size(), 0U);
        auto const later = kClock.now() + core::Seconds(1);
        EXPECT_EQ(must(co_await store.prune_journal(kClock.now(), 10)), 0);
        EXPECT_EQ(must(co_await store.prune_journal(later, 2)), 2);
        EXPECT_EQ(must(co_await store.prune_journal(later, 2)), 1);
        co_await store.close();
    }(folder));
}

TEST(Store, never_journals_credentials) {
    Folder const folder;
    tests::run([](Folder const& at) -> awaitable<void> {
        Store store(co_await asio::this_coro::executor, at.backend(), kClock);
        must(co_await store.open());
        for (auto const* password : {"sesame-1", "sesame-2"}) {
            must(co_await store.update([&](State const& head) -> core::Result<Txn> {
                Txn txn(head, {});
                txn.put(model::SourceCredentials{.id = core::SourceId("g/s"), .password = password}
                );
                return txn;
            }));
        }
        must(co_await store.update([](State const& head) -> core::Result<Txn> {
            Txn txn(head, {});
            txn.remove<model::SourceCredentials>(core::SourceId("g/s"));
            return txn;
        }));
        auto const rows = must(co_await store.journal({}));
        EXPECT_EQ(rows.size(), 3U);
        for (auto const& row : rows) {
            EXPECT_EQ(row.kind, "credentials");
            EXPECT_EQ(row.before, "");
            EXPECT_EQ(row.after, "");
        }
        co_await store.close();
    }(folder));
}

TEST(Store, a_refused_write_leaves_everything_as_it_was) {
    Folder const folder;
    tests::run([](Folder const& at) -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        {
            Store store(executor, std::make_unique<FailingBackend>(at.backend(), 2), kClock);
            must(co_await store.open());
            auto watch = store.watch();
            auto const first = must(co_await store.update(put(grid("a", 1))));
            auto const refused = co_await store.update(put(grid("a", 2)));
            EXPECT_FALSE(refused);
            if (!refused) {
                EXPECT_EQ(refused.error().code, core::Errc::unavailable);
                EXPECT_THAT(to_string(refused.error()), HasSubstr("the disk is full"));
            }
            EXPECT_EQ(store.state().index, first);
            EXPECT_EQ(store.state().find<model::Grid>(core::GridId("a"))->initial_size, 1);
            auto const next =
                must(co_await store.update([](State const& head) -> core::Result<Txn> {
                    Txn txn(head, {});
                    auto changed = *head.find<model::Grid>(core::GridId("a"));
                    changed.initial_size += 10;
                    txn.put(changed);
                    return txn;
                }));
            EXPECT_EQ(next, first + 1);
            auto const batch = co_await watch.next(core::Millis(0));
            EXPECT_EQ(batch.commits.size(), 2U);
            co_await store.close();
        }
        Store store(executor, at.backend(), kClock);
        must(co_await store.open());
        EXPECT_EQ(store.state().find<model::Grid>(core::GridId("a"))->initial_size, 11);
        EXPECT_EQ(must(co_await store.journal({})).size(), 2U);
        co_await store.close();
    }(folder));
}

TEST(Store, an_error_or_an_empty_transaction_writes_nothing) {
    Folder const folder;
    tests::run([](Folder const& at) -> awaitable<void> {
        Store store(co_await asio::this_coro::executor, at.backend(), kClock);
        must(co_await store.open());
        auto const refused = co_await store.update([](State const&) -> core::Result<Txn> {
            return core::fail(core::Errc::conflict, "no");
        });
        EXPECT_FALSE(refused);
        must(co_await store.update([](State const& head) {
            return core::Result<Txn>(Txn(head, {}));
        }));
        EXPECT_EQ(store.state().index, 0U);
        EXPECT_EQ(must(co_await store.journal({})).size(), 0U);
        co_await store.close();
    }(folder));
}

TEST(Store, a_watcher_gets_every_commit_once_and_in_order) {
    Folder const folder;
    tests::run([](Folder const& at) -> awaitable<void> {
        Store store(co_await asio::this_coro::executor, at.backend(), kClock);
        must(co_await store.open());
        auto watch = store.watch();
        EXPECT_TRUE((co_await watch.next(core::Millis(0))).commits.empty());
        std::vector<Index> seen;
        for (int i = 0; i < 20; ++i) {
            must(co_await store.update(put(grid("g" + std::to_string(i)))));
            if (i % 3 != 0) continue;
            for (auto const& commit : (co_await watch.next(core::Millis(0))).commits)
                seen.push_back(commit->index);
        }
        auto const rest = co_await watch.next(core::Millis(0));
        EXPECT_FALSE(rest.resync);
        for (auto const& commit : rest.commits) seen.push_back(commit->index);
        std::vector<Index> expected;
        for (Index i = 1; i <= 20; ++i) expected.push_back(i);
        EXPECT_EQ(seen, expected);
        auto late = store.watch(5);
        EXPECT_EQ((co_await late.next(core::Millis(0))).commits.size(), 15U);
        co_await store.close();
    }(folder));
}

TEST(Store, a_watcher_that_looks_back_further_than_memory_resyncs) {
    Folder const folder;
    tests::run([](Folder const& at) -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        {
            Store store(executor, at.backend(), kClock);
            must(co_await store.open());
            must(co_await store.update(put(grid("a"))));
            co_await store.close();
        }
        Store store(executor, at.backend(), kClock);
        must(co_await store.open());
        auto watch = store.watch(0);
        EXPECT_TRUE((co_await watch.next(core::Millis(0))).resync);
        EXPECT_EQ(watch.seen(), store.state().index);
        co_await store.close();
    }(folder));
}

TEST(Store, concurrent_updates_are_all_durable_and_see_each_other) {
    Folder const folder;
    tests::run([](Folder const& at) -> awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        std::vector<Index> order;
        {
            Store store(executor, at.backend(), kClock);
            must(co_await store.open());
            must(co_await store.update(put(grid("count", 0))));
            async::Notifier done(executor);
            for (int i = 0; i < kWriters; ++i) {
                asio::co_spawn(
                    executor,
                    [](Store& to, std::vector<Index>& out, async::Notifier& ended
                    ) -> awaitable<void> {
                        Store::Build build = [](State const& head) -> core::Result<Txn> {
                            Txn txn(head, {});
                            auto next = *head.find<model::Grid>(core::GridId("count"));
                            ++next.initial_size;
                            txn.put(next);
                            return txn;
                        };
                        auto const index = must(co_await to.update(std::move(build)));
                        EXPECT_GE(to.state().index, index); // durable by now
                        out.push_back(index);
                        ended.notify();
                    }(store, order, done),
                    asio::detached
                );
            }
            while (order.size() < kWriters) {
                auto const epoch = done.epoch();
                if (order.size() < kWriters) co_await done.wait_after(epoch, core::Millis(5000));
            }
            co_await store.close();
        }
        EXPECT_EQ(std::set<Index>(order.begin(), order.end()).size(), std::size_t(kWriters));
        EXPECT_TRUE(std::ranges::is_sorted(order));
        Store store(executor, at.backend(), kClock);
        must(co_await store.open());
        EXPECT_EQ(store.state().find<model::Grid>(core::GridId("count"))->initial_size, kWriters);
        EXPECT_EQ(store.state().index, Index(kWriters) + 1);
        co_await store.close();
    }(folder));
}

TEST(Backend, refuses_a_database_of_the_future) {
    Folder const folder;
    (void)folder.backend();
    {
        auto db = must(sqlite::Database::open(folder.path / "master.db"));
        must(db.execute("PRAGMA user_version = 99"));
    }
    auto const backend = sqlite::open_backend(folder.path / "master.db");
    ASSERT_FALSE(backend);
    EXPECT_EQ(backend.error().code, core::Errc::unsupported);
}

TEST(Backend, copies_a_database_that_is_there_to_where_none_is) {
    Folder const folder;
    auto const copy = folder.path / "copy.db";
    auto const running = folder.backend();
    EXPECT_TRUE(sqlite::backup(folder.path / "master.db", copy));
    EXPECT_FALSE(sqlite::backup(folder.path / "master.db", copy));
    EXPECT_FALSE(sqlite::backup(folder.path / "none.db", folder.path / "other.db"));
    EXPECT_TRUE(sqlite::open_backend(copy));
}

TEST(SqliteBackend, TheStacksOfOldRevisionsGetRowsOfTheirOwn) {
    Folder const folder;
    model::Revision revision{
        .id = core::RevisionId("g/src/0123"), .source = core::SourceId("g/src"), .commit = "c"
    };
    auto document = json::encode(revision).as_object();
    document["stacks"] = {
        json::encode(model::StackSpec{.name = "a"}), json::encode(model::StackSpec{.name = "b"})
    };
    {
        auto db = must(sqlite::Database::open(folder.path / "master.db"));
        ASSERT_TRUE(db.execute(migration_0001));
        ASSERT_TRUE(db.execute("PRAGMA user_version = 1"));
        auto insert = must(db.prepare("INSERT INTO revision VALUES (?1, 7, ?2)"));
        auto const text = json::serialize(document);
        ASSERT_TRUE(insert.bind(1, revision.id.str()).bind(2, text).run());
    }
    auto const state = must(folder.backend()->load());
    auto const found = must(find_revision(state, revision.id));
    EXPECT_EQ(found.revision.commit, "c");
    ASSERT_EQ(found.stacks.size(), 2U);
    EXPECT_EQ(found.stacks[0]->name, "a");
    EXPECT_EQ(found.stacks[1]->name, "b");
}

} // namespace
} // namespace kontena::master
