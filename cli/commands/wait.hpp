#pragma once

#include "cli/client/replies.hpp"
#include "cli/commands/context.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::cli {

/// Asks for the progress once.
using AskProgress = std::function<awaitable<core::Result<Progress>>()>;

struct WaitOptions {
    core::Millis limit{600'000};
    bool quiet = false; ///< no output on the way: for JSON
    std::string watch;  ///< the command that shows how it goes on
    std::function<std::string(Progress const&)> after_failure = {}; ///< what to do then
};

/// What to do after a failure of what was applied by hand.
std::string after_failed_apply(Progress const& progress);

/// What to do after a failure of what a Git source wants.
std::string after_failed_commit(std::string_view source);

/// The command that shows how a plan goes on.
std::string watch_plan(model::Plan const& plan);

/// Asks again and again until the progress is no longer ongoing, or the time is over, and shows
/// it on the way: redrawn on a terminal, else a line whenever something changed. A master that
/// does not answer for a while is asked again. The last progress seen comes back; `ongoing` means
/// that the time was over.
awaitable<core::Result<Progress>>
wait_until_done(Context& context, AskProgress ask, WaitOptions options);

/// Progress of an applied plan. `api` outlives the wait.
AskProgress progress_of_plan(ApiClient& api, std::string plan);

/// Progress of the newest deploys of these services, `grid/stack/service`.
AskProgress progress_of_services(ApiClient& api, std::vector<std::string> services);

/// Waits and prints how it ended. The exit code: 0 converged, 1 otherwise.
awaitable<core::Result<int>> wait_and_tell(Context& context, AskProgress ask, WaitOptions options);

/// `--timeout`.
core::Result<core::Millis> wait_limit(Context const& context);

/// 0 for converged.
int exit_code(ProgressState state);

} // namespace kontena::cli
