#pragma once

#include "cli/client/replies.hpp"
#include "cli/render/style.hpp"

#include <string>
#include <vector>

namespace kontena::cli::render {

/// One line per service: `⊙ shop/web  2/3 ready  ongoing  waiting for …`.
std::vector<std::string> progress_lines(Progress const& progress, Style style);

/// What became of a plan, in a few words.
std::string plan_state(Progress const& progress, model::Plan const& plan);

/// How it ended: every service, and for those that did not make it the instances, why, and the
/// last lines of their logs. A line of what is done that was `printed` already is left out.
std::string progress_summary(
    Progress const& progress,
    core::Millis took,
    Style style,
    std::vector<std::string> const& printed = {}
);

/// The line of one service: the whole summary is made of these.
std::string
instance_trouble(std::string const& service, InstanceProgress const& instance, Style style);

} // namespace kontena::cli::render
