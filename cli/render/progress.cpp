#include "cli/render/progress.hpp"

#include "cli/render/plan.hpp"
#include "core/base/time.hpp"
#include "core/json/codec.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::cli::render {
namespace {

std::string icon(ProgressState state, Style style) {
    switch (state) {
    case ProgressState::saved:
        return style(Colour::dim, "⊝");
    case ProgressState::ongoing:
        return style(Colour::yellow, "⊙");
    case ProgressState::converged:
        return style(Colour::green, "⊛");
    case ProgressState::failed:
        return style(Colour::red, "⊗");
    case ProgressState::superseded:
        return style(Colour::dim, "⊝");
    }
    return "?";
}

std::string state_text(ServiceProgress const& service) {
    auto const removal = service.kind == model::ActionKind::remove;
    switch (service.state) {
    case ProgressState::saved:
        return "waits";
    case ProgressState::ongoing:
        return removal ? "stopping" : "deploying";
    case ProgressState::converged:
        return removal ? "removed" : "done";
    case ProgressState::failed:
        return "failed";
    case ProgressState::superseded:
        return "superseded by a newer change";
    }
    return "?";
}

/// What is replaced serves until its turn comes, which is not told by what is ready.
std::string counts(ServiceProgress const& service) {
    if (service.kind != model::ActionKind::replace)
        return fmt::format("{}/{} ready", service.ready, service.total);
    return fmt::format("{} running, {}/{} updated", service.running, service.ready, service.total);
}

} // namespace

std::string plan_state(Progress const& progress, model::Plan const& plan) {
    auto const by = progress.by.leaf();
    switch (progress.state) {
    case ProgressState::saved:
        return fmt::format("not carried out yet: {}", apply_command(plan));
    case ProgressState::superseded:
        return by.empty() ? "superseded by a newer change"
                          : fmt::format("superseded by plan {}", by);
    case ProgressState::ongoing:
    case ProgressState::converged:
    case ProgressState::failed:
        break;
    }
    std::string const state(json::enum_name(progress.state));
    return by.empty() ? state : fmt::format("{}, carried out as plan {}", state, by);
}

std::vector<std::string> progress_lines(Progress const& progress, Style style) {
    std::size_t width = 0;
    for (auto const& service : progress.services)
        width = std::max(width, display_width(in_grid(service.service.str())));
    std::vector<std::string> out;
    for (auto const& service : progress.services) {
        auto const name = in_grid(service.service.str());
        auto line = fmt::format(
            "{} {}{}",
            icon(service.state, style),
            name,
            std::string(width - display_width(name), ' ')
        );
        if (service.kind != model::ActionKind::remove && service.total > 0)
            line += "  " + counts(service);
        line += "  " + state_text(service);
        if (!service.reason.empty()) line += ": " + service.reason;
        out.push_back(std::move(line));
    }
    return out;
}

std::string
instance_trouble(std::string const& service, InstanceProgress const& instance, Style style) {
    auto const node = instance.node.empty() ? "" : fmt::format(" on {}", instance.node);
    auto out = fmt::format("    {}-{}{}: {}", service, instance.number, node, instance.state);
    if (!instance.error.empty()) out += ": " + instance.error;
    out += "\n";
    for (auto const& line : instance.log_tail)
        out += fmt::format("      {} {}\n", style(Colour::dim, "|"), line);
    return out;
}

std::string progress_summary(
    Progress const& progress,
    core::Millis took,
    Style style,
    std::vector<std::string> const& printed
) {
    std::string out;
    auto const lines = progress_lines(progress, style);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        auto const& service = progress.services[i];
        bool const done = service.state == ProgressState::converged;
        if (done && i < printed.size() && printed[i] == lines[i]) continue;
        out += lines[i] + "\n";
        if (done) continue;
        for (auto const& instance : service.instances)
            out += instance_trouble(in_grid(service.service.str()), instance, style);
    }
    auto const time = core::format_duration(took);
    switch (progress.state) {
    case ProgressState::converged:
        return out + style(Colour::green, fmt::format("Converged after {}.", time)) + "\n";
    case ProgressState::failed:
        return out + style(Colour::red, fmt::format("Failed after {}.", time)) + "\n";
    case ProgressState::superseded:
        return out + style(Colour::yellow, "A newer change took over before this was done.") + "\n";
    case ProgressState::saved:
    case ProgressState::ongoing:
        return out + style(Colour::red, fmt::format("Not done after {}.", time)) + "\n";
    }
    return out;
}

} // namespace kontena::cli::render
