#include "core/async/asio.hpp"
#include "master/store/sqlite/backend.hpp"
#include "master/store/store.hpp"
#include "tests/bench/memory.hpp"

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace kontena::bench {
namespace {

constexpr int kCommitsPerClient = 50;

/// A database in a folder of its own below TMPDIR, gone with the benchmark.
struct Database {
    Database() {
        auto pattern = (std::filesystem::temp_directory_path() / "kontena-bench-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder = pattern;
    }

    Database(Database const&) = delete;
    Database& operator=(Database const&) = delete;

    ~Database() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
    }

    std::filesystem::path folder;
};

model::Observation observation(int client, int round) {
    return {
        .id = core::InstanceId(fmt::format("g/s/web/{}", client)),
        .node = core::NodeId("g/n1"),
        .state = model::InstanceState::running,
        .revision = round,
        .target = round,
        .container_id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    };
}

/// Commits one observation after the other, each when the one before is durable.
awaitable<void> client(master::Store& store, int number, int& done, std::string& error) {
    for (int round = 0; round < kCommitsPerClient; ++round) {
        master::Store::Build build = [&](master::State const& head) -> core::Result<master::Txn> {
            master::Txn txn(head, {.kind = model::CauseKind::observation, .actor = "node:n1"});
            txn.put(observation(number, round));
            return txn;
        };
        auto const index = co_await store.update(std::move(build));
        if (!index) error = to_string(index.error());
    }
    ++done;
}

void store_commit(benchmark::State& state) {
    Database const database;
    asio::io_context loop{1};
    async::SystemClock const clock;
    auto backend = master::sqlite::open_backend(database.folder / "master.db");
    if (!backend) return state.SkipWithError(to_string(backend.error()).c_str());
    master::Store store(loop.get_executor(), std::move(*backend), clock);
    std::string error;
    bool opened = false;
    asio::co_spawn(
        loop,
        [](master::Store& to, bool& done, std::string& why) -> awaitable<void> {
            auto const outcome = co_await to.open();
            if (!outcome) why = to_string(outcome.error());
            done = true;
        }(store, opened, error),
        asio::detached
    );
    auto const clients = int(state.range(0));
    while (!opened) loop.run_one();
    for (auto _ : state) {
        int done = 0;
        for (int i = 0; i < clients && error.empty(); ++i)
            asio::co_spawn(loop, client(store, i, done, error), asio::detached);
        while (done < clients && error.empty()) loop.run_one();
    }
    if (!error.empty()) state.SkipWithError(error.c_str());
    state.SetItemsProcessed(state.iterations() * clients * kCommitsPerClient);
    state.counters["peak_rss_mb"] = peak_rss_mb();
    bool closed = false;
    asio::co_spawn(
        loop,
        [](master::Store& to, bool& done) -> awaitable<void> {
            co_await to.close();
            done = true;
        }(store, closed),
        asio::detached
    );
    while (!closed) loop.run_one();
}

BENCHMARK(store_commit)->Arg(1)->Arg(64)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace
} // namespace kontena::bench
