#include "core/sys/files.hpp"
#include "tests/sim/generate.hpp"
#include "tests/sim/own_stacks.hpp"
#include "tests/sim/report.hpp"
#include "tests/sim/search.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <limits>
#include <string>
#include <thread>
#include <vector>

/// kontena-sim: runs grids on simulated time, see usage().
namespace {

using namespace kontena;
using namespace kontena::sim;

std::atomic<bool> stop = false;

constexpr auto kUsage = R"(Runs Kontena on simulated hosts, network and time.

Searches for a broken promise:
  kontena-sim --seeds N [--first SEED] [--threads N]   N scenarios of 10 minutes on 20 nodes
  kontena-sim --nightly [--first SEED]                 until a signal
  kontena-sim --seed SEED [--verbose]                  one of them again
  kontena-sim --scenario FILE [--verbose]              a scenario from a file
A seed that breaks a law is shrunk; the scenario goes to kontena-sim-SEED.json.

Tries your own stacks:
  kontena-sim --stacks DIR --nodes FILE [--commit OLD..NEW] [--faults FILE|SEED]
    --nodes   JSON: [{"name": "n1", "labels": ["az=a"], "memory": 8589934592, "cpus": 4}, ...]
    --commit  the change between two revisions of the Git repository that DIR is in
    --faults  JSON: [{"kind": "host_crash", "at": 130000, "lasts": 60000, "node": "n1"}, ...],
              times in milliseconds, or a number that random faults are drawn from. Kinds:
              )";

struct Arguments {
    std::vector<std::string> words;

    bool has(std::string_view name) const { return std::ranges::find(words, name) != words.end(); }

    std::optional<std::string> value(std::string_view name) const {
        auto const it = std::ranges::find(words, name);
        if (it == words.end() || it + 1 == words.end()) return std::nullopt;
        return *(it + 1);
    }

    std::uint64_t number(std::string_view name, std::uint64_t otherwise) const {
        auto const text = value(name);
        return text ? std::strtoull(text->c_str(), nullptr, 10) : otherwise;
    }
};

int usage() {
    fmt::print("{}{}\n", kUsage, fault_kinds());
    return 2;
}

int complain(core::Error const& error) {
    fmt::print(stderr, "kontena-sim: {}\n", core::to_string(error));
    return 2;
}

/// Shrinks what a seed shows, and says how to see it again.
void explain(Find const& find) {
    auto const scenario = generate(find.seed);
    fmt::print("{}\nshrinking ...\n", report_violation(scenario, find.violation));
    auto const small = smallest(scenario, find.violation);
    auto const outcome = run(small, Wanted::verdict);
    auto const file = fmt::format("kontena-sim-{}.json", find.seed);
    auto const written = sys::write_file(file, write_scenario(small));
    fmt::print(
        "shrunk to {} faults, {} commits, {} nodes:\n{}\nagain: kontena-sim --seed {} --verbose\n"
        "shrunk: kontena-sim --scenario {} --verbose{}\n\n",
        small.faults.size(),
        small.commits.size(),
        small.nodes.size(),
        report_violation(small, outcome.violation.value_or(find.violation)),
        find.seed,
        file,
        written ? "" : " (could not be written)"
    );
}

int search_seeds(Arguments const& arguments, std::uint64_t count) {
    auto const began = std::chrono::steady_clock::now();
    auto const threads =
        int(arguments.number("--threads", std::max(1U, std::thread::hardware_concurrency())));
    auto const result = search(
        arguments.number("--first", 1),
        count,
        threads,
        stop,
        [&](SearchResult const& so_far) {
            if (!arguments.has("--nightly")) return;
            fmt::print("{} scenarios, {} broken\n", so_far.done, so_far.finds.size());
            std::fflush(stdout);
        }
    );
    constexpr std::size_t explained = 3;
    for (std::size_t i = 0; i < std::min(explained, result.finds.size()); ++i)
        explain(result.finds[i]);
    for (auto const& find : result.finds)
        fmt::print("seed {}: {}: {}\n", find.seed, find.violation.law, find.violation.what);
    auto const took =
        std::chrono::duration_cast<core::Millis>(std::chrono::steady_clock::now() - began);
    fmt::print(
        "{} scenarios, {} events, {} broken, {}\n",
        result.done,
        result.events,
        result.finds.size(),
        core::format_duration(took)
    );
    return result.finds.empty() ? 0 : 1;
}

int run_one(Scenario const& scenario, bool verbose) {
    auto const outcome = run(scenario, verbose ? Wanted::timeline : Wanted::verdict);
    if (verbose) fmt::print("{}\n", report_timeline(outcome));
    if (outcome.violation) fmt::print("{}", report_violation(scenario, *outcome.violation));
    if (!outcome.violation) fmt::print("all laws hold\n");
    return outcome.violation ? 1 : 0;
}

int run_own(Scenario const& scenario) {
    auto const outcome = run(scenario, Wanted::timeline);
    fmt::print("TIMELINE\n{}\n", report_timeline(outcome));
    if (!scenario.faults.empty())
        fmt::print("FAULTS, and what came of them\n{}\n", report_faults(scenario, outcome));
    fmt::print("{}\n", report_placements(outcome.state));
    if (!outcome.violation) {
        fmt::print("converged: everything runs as {} says\n", scenario.commits.back().id);
        return 0;
    }
    bool const only_late = outcome.violation->law == kConvergence;
    fmt::print(
        "{}: {}\n", only_late ? "not converged" : outcome.violation->law, outcome.violation->what
    );
    return 1;
}

int own_stacks(Arguments const& arguments) {
    OwnStacks own{
        .folder = arguments.value("--stacks").value_or(""),
        .nodes_file = arguments.value("--nodes").value_or(""),
        .faults = arguments.value("--faults"),
    };
    if (own.folder.empty() || own.nodes_file.empty()) return usage();
    if (auto const change = arguments.value("--commit")) {
        auto const dots = change->find("..");
        if (dots == std::string::npos) return usage();
        own.old_revision = change->substr(0, dots);
        own.new_revision = change->substr(dots + 2);
    }
    auto const scenario = scenario_of(own);
    return scenario ? run_own(*scenario) : complain(scenario.error());
}

int from_file(std::string const& file, bool verbose) {
    constexpr std::size_t most = 64UL << 20;
    auto const text = sys::read_file(file, most);
    if (!text) return complain(text.error());
    auto const scenario = read_scenario(*text);
    return scenario ? run_one(*scenario, verbose) : complain(scenario.error());
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGINT, [](int) { stop = true; });
    std::signal(SIGTERM, [](int) { stop = true; });
    Arguments const arguments{{argv + 1, argv + argc}};
    bool const verbose = arguments.has("--verbose");
    if (arguments.has("--stacks")) return own_stacks(arguments);
    if (auto const file = arguments.value("--scenario")) return from_file(*file, verbose);
    if (arguments.value("--seed")) return run_one(generate(arguments.number("--seed", 1)), verbose);
    if (arguments.has("--nightly"))
        return search_seeds(arguments, std::numeric_limits<std::uint64_t>::max());
    if (arguments.value("--seeds")) return search_seeds(arguments, arguments.number("--seeds", 1));
    return usage();
}
