#include "master/gitops/apply_revision.hpp"
#include "master/gitops/clone.hpp"
#include "master/gitops/render.hpp"
#include "tests/bench/memory.hpp"
#include "tests/support/world.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace kontena::bench {
namespace {

namespace fs = std::filesystem;

/// What the master remembers of a source.
struct Reader {
    master::Renderer renderer{"g"};
    master::git::Folders folders;
};

/// A clone with the commits `first`, `one` (one of the stack files is another) and `none` (only a
/// text beside them is).
class Clone {
public:
    explicit Clone(int stacks)
        : folder_(
              fs::temp_directory_path() / fmt::format("kontena-bench-{}-{}", getpid(), stacks)
          ) {
        fs::create_directories(folder_);
        auto const init = fmt::format("git init -q --bare '{}'", folder_.string());
        if (std::system(init.c_str()) != 0) // NOLINT(concurrency-mt-unsafe)
            throw std::runtime_error("git does not run");
        std::string stream;
        start(stream, "first", "");
        for (int i = 0; i < stacks; ++i)
            put(stream, fmt::format("stacks/s{:05}/kontena.yml", i), stack_file(i, "1.0"));
        start(stream, "one", "from refs/heads/first\n");
        put(stream, "stacks/s00007/kontena.yml", stack_file(7, "1.1"));
        start(stream, "none", "from refs/heads/one\n");
        put(stream, "README.md", "hello");
        auto const import = fmt::format("git -C '{}' fast-import --quiet", folder_.string());
        auto* const pipe = popen(import.c_str(), "w");
        bool const written =
            pipe != nullptr && std::fwrite(stream.data(), 1, stream.size(), pipe) == stream.size();
        if (pipe == nullptr || pclose(pipe) != 0 || !written)
            throw std::runtime_error("git fast-import failed");
    }

    Clone(Clone const&) = delete;
    Clone& operator=(Clone const&) = delete;

    ~Clone() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    /// From a commit that has come in to what it says.
    master::FullRevision read(Reader& reader, std::string const& commit) const {
        auto const tree =
            master::git::open_tree(folder_.string(), commit, "stacks", reader.folders);
        if (!tree) throw std::runtime_error(to_string(tree.error()));
        auto rendered = reader.renderer.render(**tree);
        if (!rendered || !rendered->issues.empty()) throw std::runtime_error("a broken commit");
        return master::make_revision(
            {.source = core::SourceId("g/src"), .commit = commit}, std::move(rendered->stacks)
        );
    }

private:
    static void start(std::string& stream, std::string const& branch, std::string const& from) {
        stream += fmt::format(
            "commit refs/heads/{}\ncommitter a <a@b> 1800000000 +0000\ndata 0\n{}", branch, from
        );
    }

    static void put(std::string& stream, std::string const& path, std::string const& text) {
        stream += fmt::format("M 644 inline {}\ndata {}\n{}\n", path, text.size(), text);
    }

    static std::string stack_file(int number, std::string const& tag) {
        return fmt::format(
            "stack: acme/s{0:05}\nversion: 1.0.0\nvariables:\n  tag:\n    type: string\n"
            "    default: \"{1}\"\nservices:\n  web:\n    image: "
            "registry.example.com/web:${{tag}}\n"
            "    instances: 2\n    environment:\n      - LOG_LEVEL=info\n    links:\n      - db\n"
            "    mem_limit: 64m\n  db:\n    image: postgres:15\n    stateful: true\n",
            number,
            tag
        );
    }

    fs::path folder_;
};

master::ApplyOptions const kOptions{.prune = true};

void add_nodes(test::World& world) {
    for (int i = 1; i <= 100; ++i) world.add_node(fmt::format("n{}", i), {});
}

/// All of a revision runs.
void run_all(test::World& world, master::FullRevision const& revision) {
    model::Plan plan;
    master::GridViews views;
    auto txn = master::apply_revision(views, world.state, revision, kOptions, world.now, plan);
    if (!txn) throw std::runtime_error(to_string(txn.error()));
    world.state = txn->state();
    world.settle();
}

model::Plan
plan_of(master::GridViews& views, test::World const& world, master::FullRevision const& revision) {
    auto plan = master::plan_revision(views, world.state, revision, kOptions, world.now);
    if (!plan) throw std::runtime_error(to_string(plan.error()));
    return std::move(*plan);
}

/// A source that the master sees for the first time: until the plan is ready.
void first_sight(benchmark::State& state, int stacks) {
    Clone const clone(stacks);
    test::World world;
    add_nodes(world);
    for (auto _ : state) {
        Reader reader;
        master::GridViews views;
        auto const plan = plan_of(views, world, clone.read(reader, "first"));
        if (plan.actions.size() != 2 * std::size_t(stacks)) state.SkipWithError("a wrong plan");
    }
    state.counters["peak_rss_mb"] = peak_rss_mb();
}

/// A known source gets a commit: until the plan is ready.
void next_commit(benchmark::State& state, int stacks, std::string const& commit, std::size_t news) {
    Clone const clone(stacks);
    Reader reader;
    auto const before = news == 0 ? "one" : "first";
    test::World world;
    add_nodes(world);
    run_all(world, clone.read(reader, before));
    master::GridViews views;
    views.at(world.state, world.grid);
    for (auto _ : state) {
        auto const plan = plan_of(views, world, clone.read(reader, commit));
        if (plan.actions.size() != news || reader.renderer.parsed() != int(news))
            state.SkipWithError("more was done than what has changed");
        state.PauseTiming();
        clone.read(reader, before);
        state.ResumeTiming();
    }
    state.counters["peak_rss_mb"] = peak_rss_mb();
}

[[maybe_unused]] bool const registered = [] {
    for (int const stacks : {1000, 10'000}) {
        auto const add = [&](char const* what, auto run) {
            benchmark::RegisterBenchmark(fmt::format("source/{}/{}", stacks, what).c_str(), run)
                ->Unit(benchmark::kMillisecond);
        };
        add("first_sight", [stacks](auto& state) { first_sight(state, stacks); });
        add("one_file", [stacks](auto& state) { next_commit(state, stacks, "one", 1); });
        add("no_file", [stacks](auto& state) { next_commit(state, stacks, "none", 0); });
    }
    return true;
}();

} // namespace
} // namespace kontena::bench
