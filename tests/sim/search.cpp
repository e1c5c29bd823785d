#include "tests/sim/search.hpp"

#include "tests/sim/generate.hpp"
#include "tests/sim/shrink.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

namespace kontena::sim {
namespace {

constexpr std::uint64_t kTwiceEvery = 20;
constexpr std::uint64_t kProgressEvery = 100;
constexpr int kTries = 400;

struct Verdict {
    std::optional<Violation> violation;
    std::uint64_t events = 0;
};

Verdict judge(std::uint64_t seed) {
    auto const scenario = generate(seed);
    auto const outcome = run(scenario, Wanted::verdict);
    Verdict out{outcome.violation, outcome.events};
    if (out.violation || seed % kTwiceEvery != 0) return out;
    auto const again = run(scenario, Wanted::timeline);
    if (again.fingerprint != outcome.fingerprint)
        out.violation =
            Violation{Time(0), "the same seed gives the same run", "it took another course"};
    return out;
}

} // namespace

SearchResult search(
    std::uint64_t first,
    std::uint64_t count,
    int threads,
    std::atomic<bool> const& stop,
    std::function<void(SearchResult const&)> const& progress
) {
    SearchResult out;
    std::mutex lock; // of `out`; simulations share nothing
    std::atomic<std::uint64_t> next = first;
    auto const work = [&] {
        for (;;) {
            auto const seed = next++;
            if (seed - first >= count || stop) return;
            auto verdict = judge(seed);
            std::lock_guard const hold(lock);
            ++out.done;
            out.events += verdict.events;
            if (verdict.violation) out.finds.push_back({seed, std::move(*verdict.violation)});
            if (out.done % kProgressEvery == 0 || verdict.violation) progress(out);
        }
    };
    std::vector<std::jthread> crew;
    for (int i = 0; i < threads; ++i) crew.emplace_back(work);
    crew.clear(); // joins
    std::ranges::sort(out.finds, {}, &Find::seed);
    return out;
}

Scenario smallest(Scenario const& scenario, Violation const& violation) {
    bool const converging = violation.law == kConvergence;
    // Without the commits that mend everything no grid converges, nor without its nodes.
    auto const shows = [&](Scenario const& candidate) {
        bool const fair = !converging || (candidate.nodes.size() == scenario.nodes.size() &&
                                          candidate.images.size() == scenario.images.size());
        if (!fair || candidate.nodes.empty() || candidate.commits.empty()) return false;
        auto const outcome = run(candidate, Wanted::verdict);
        return outcome.violation && outcome.violation->law == violation.law;
    };
    return shrink(scenario, converging ? 2 : 1, kTries, shows);
}

} // namespace kontena::sim
