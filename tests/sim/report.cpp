#include "tests/sim/report.hpp"

#include "core/json/codec.hpp"
#include "master/control/grid_views.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::sim {
namespace {

constexpr std::size_t kLastLines = 40;

std::string text_of(Timeline::Line const& line) {
    return fmt::format("{}  {}\n", clock_text(line.at), line.text);
}

std::string placement_row(master::State const& state, model::Service const& service) {
    auto const view = master::service_view(state, service.id);
    std::string out;
    for (auto const& instance : view->instances) {
        auto const* seen = instance.observed();
        auto const& deploy = view->deploy;
        out += fmt::format(
            "{:<28} {:<12} {:>8}  {:<10} {}\n",
            fmt::format(
                "{}-{}", service.id.str().substr(service.id.str().find('/') + 1), instance.number
            ),
            instance.assignment ? instance.assignment->node.leaf() : "-",
            instance.assignment ? instance.assignment->revision : 0,
            seen != nullptr ? json::enum_name(seen->state) : "unknown",
            seen != nullptr && !seen->error.empty()                  ? seen->error
            : deploy && deploy->state != model::DeployState::success ? deploy->reason
                                                                     : ""
        );
    }
    if (view->instances.empty() && view->deploy && !view->deploy->reason.empty())
        out += fmt::format("{:<28} -  {}\n", service.id.str(), view->deploy->reason);
    return out;
}

/// What happened while a fault lasted and shortly after it: to containers, nodes and assignments.
bool is_reaction(std::string const& text) {
    constexpr std::string_view words[] = {
        "→", "withdrawn", "moves from", "exited", "started", " offline", " online", "cannot start"
    };
    return text.starts_with("deploy ") || std::ranges::any_of(words, [&](auto const& word) {
               return text.find(word) != std::string::npos;
           });
}

} // namespace

std::string report_violation(Scenario const& scenario, Violation const& violation) {
    auto const outcome = run(scenario, Wanted::timeline);
    auto out = fmt::format(
        "seed {}, at {}\n  broken: {}\n  {}\nthe last of {} lines before that:\n",
        scenario.seed,
        clock_text(violation.at),
        violation.law,
        violation.what,
        outcome.lines.size()
    );
    auto const first = outcome.lines.size() - std::min(outcome.lines.size(), kLastLines);
    for (auto i = first; i < outcome.lines.size(); ++i) out += text_of(outcome.lines[i]);
    return out;
}

std::string report_timeline(Outcome const& outcome) {
    std::string out;
    for (auto const& line : outcome.lines) out += text_of(line);
    return out;
}

std::string report_placements(master::State const& state) {
    auto out = fmt::format(
        "{:<28} {:<12} {:>8}  {:<10} {}\n", "INSTANCE", "NODE", "REVISION", "STATE", ""
    );
    state.all<model::Service>().for_each([&](auto const&, auto const& service) {
        out += placement_row(state, *service);
    });
    return out;
}

std::string report_faults(Scenario const& scenario, Outcome const& outcome) {
    constexpr core::Millis after{30'000};
    constexpr int shown = 8;
    std::string out;
    for (auto const& fault : scenario.faults) {
        out += fmt::format("{}  {}\n", clock_text(fault.at), describe(fault));
        int count = 0;
        for (auto const& line : outcome.lines) {
            bool const within = line.at >= fault.at && line.at <= fault.at + fault.lasts + after;
            if (!within || !is_reaction(line.text)) continue;
            if (++count <= shown)
                out += fmt::format("              {}  {}\n", clock_text(line.at), line.text);
        }
        if (count == 0) out += "              nothing came of it\n";
        if (count > shown) out += fmt::format("              … and {} more\n", count - shown);
    }
    return out;
}

} // namespace kontena::sim
