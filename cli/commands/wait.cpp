#include "cli/commands/wait.hpp"

#include "cli/render/plan.hpp"
#include "cli/render/progress.hpp"
#include "core/base/strings.hpp"
#include "stackfile/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::cli {

using core::Errc;
using core::Millis;
using core::Result;

namespace {

constexpr Millis kFirstPause{100};
constexpr Millis kLongestPause{1'000};

/// Shows progress as it changes.
class View {
public:
    View(Context& context, bool quiet)
        : context_(context)
        , quiet_(quiet) {}

    void show(Progress const& progress, Millis elapsed) {
        if (quiet_) return;
        auto const lines = render::progress_lines(progress, context_.style());
        if (context_.terminal.out_is_tty) {
            redraw(lines, elapsed);
        } else {
            print_changes(lines, elapsed);
        }
        lines_ = lines;
    }

    /// What stands there for good.
    std::vector<std::string> printed() const {
        bool const kept = !quiet_ && !context_.terminal.out_is_tty;
        return kept ? lines_ : std::vector<std::string>();
    }

    /// Takes the lines away that were drawn last.
    void clear() {
        if (drawn_ > 0) context_.out() << fmt::format("\033[{}A\033[J", drawn_);
        drawn_ = 0;
    }

private:
    void redraw(std::vector<std::string> const& lines, Millis elapsed) {
        clear();
        for (auto const& line : lines) context_.out() << line << "\n";
        context_.out() << fmt::format("waiting, {}\n", core::format_duration(elapsed))
                       << std::flush;
        drawn_ = lines.size() + 1;
    }

    void print_changes(std::vector<std::string> const& lines, Millis elapsed) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (i < lines_.size() && lines_[i] == lines[i]) continue;
            context_.out() << fmt::format("[{:>6}] {}\n", core::format_duration(elapsed), lines[i]);
        }
        context_.out() << std::flush;
    }

    Context& context_;
    bool quiet_;
    std::vector<std::string> lines_;
    std::size_t drawn_ = 0;
};

awaitable<Result<Progress>> ask_plan(ApiClient& api, std::string plan) {
    auto reply = co_await call<PlanReply>(api, {.path = "plans/" + plan});
    if (!reply) co_return std::move(reply.error());
    co_return reply->progress.value_or(Progress{});
}

/// What goes on when nobody waits any more, and what can be done about it.
std::string goes_on(WaitOptions const& options, Progress const& progress) {
    std::string out = "the deploy goes on without being waited for.";
    auto const held = std::ranges::find_if(progress.services, &ServiceProgress::paused);
    if (held != progress.services.end())
        out = fmt::format(
            "{0} is {1}: nothing more of it is started or replaced until: kontena deploy resume "
            "{0}.",
            render::in_grid(held->service.str()),
            held->reason
        );
    if (!options.watch.empty()) out += fmt::format(" Watch it: {}.", options.watch);
    auto const busy =
        std::ranges::find(progress.services, ProgressState::ongoing, &ServiceProgress::state);
    bool const known = busy != progress.services.end();
    if (known && busy->kind != model::ActionKind::remove)
        out +=
            fmt::format(" Stop it: kontena deploy abort {}", render::in_grid(busy->service.str()));
    return out;
}

/// While it lives, an interruption says what goes on.
class Farewell {
public:
    explicit Farewell(Context& context)
        : say_(context.terminal.farewell) {}

    Farewell(Farewell const&) = delete;
    Farewell& operator=(Farewell const&) = delete;

    ~Farewell() { set(""); }

    void set(std::string const& text) const {
        if (say_) say_(text);
    }

private:
    std::function<void(std::string const&)> say_;
};

ProgressState state_of(std::optional<DeployReply> const& deploy) {
    if (!deploy || deploy->state == model::DeployState::success) return ProgressState::converged;
    return deploy->state == model::DeployState::error ? ProgressState::failed
                                                      : ProgressState::ongoing;
}

ServiceProgress progress_of(ServiceReply const& service) {
    ServiceProgress out{
        .service = core::ServiceId(service.id),
        .kind = model::ActionKind::scale,
        .state = state_of(service.deploy),
        .reason = service.deploy ? service.deploy->reason : "",
        .running = service.instance_counts.running,
        .ready = service.instance_counts.running,
        .total = service.instance_counts.total,
    };
    for (auto const& instance : service.instances_detail) {
        if (instance.state == "running" && instance.revision == instance.wanted_revision) continue;
        out.instances.push_back(
            {.number = instance.number,
             .node = instance.node.name,
             .state = instance.state,
             .error = instance.error,
             .log_tail = instance.log_tail}
        );
    }
    return out;
}

awaitable<Result<Progress>> ask_services(ApiClient& api, std::vector<std::string> services) {
    Progress out{.state = ProgressState::converged};
    for (auto const& id : services) {
        auto service = co_await call<ServiceReply>(api, {.path = "services/" + id});
        if (!service) co_return std::move(service.error());
        out.services.push_back(progress_of(*service));
    }
    auto const any = [&](ProgressState state) {
        return std::ranges::any_of(out.services, [&](auto const& s) { return s.state == state; });
    };
    if (any(ProgressState::ongoing)) out.state = ProgressState::ongoing;
    if (any(ProgressState::failed)) out.state = ProgressState::failed;
    co_return out;
}

awaitable<Result<Progress>>
watch(Context& context, AskProgress ask, WaitOptions options, View& view) {
    auto const began = context.now();
    Farewell const farewell(context);
    farewell.set(goes_on(options, {}));
    Progress last;
    auto pause = kFirstPause;
    bool told = false;
    for (;;) {
        auto const elapsed = std::chrono::duration_cast<Millis>(context.now() - began);
        auto progress = co_await ask();
        if (progress) {
            last = std::move(*progress);
            told = false;
            farewell.set(goes_on(options, last));
            if (last.state == ProgressState::ongoing) view.show(last, elapsed);
        } else if (!progress.error().transient()) {
            co_return std::move(progress.error());
        } else if (!told) {
            view.clear();
            context.warn(to_string(progress.error()) + "; asking again");
            told = true;
        }
        if (progress && last.state != ProgressState::ongoing) break;
        if (elapsed >= options.limit) break;
        co_await context.sleep(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
    view.clear();
    if (last.state == ProgressState::ongoing) context.warn(goes_on(options, last));
    co_return last;
}

} // namespace

std::string after_failed_apply(Progress const& progress) {
    auto const bad =
        std::ranges::find(progress.services, ProgressState::failed, &ServiceProgress::state);
    if (bad == progress.services.end()) return {};
    return fmt::format(
        "{0} stays as it is, unless its on_failure says otherwise. Mend it and apply again, or try "
        "the same again: kontena deploy resume {0}",
        render::in_grid(bad->service.str())
    );
}

std::string after_failed_commit(std::string_view source) {
    return fmt::format(
        "The commit is quarantined: no poll applies it again. What failed: kontena source show "
        "{0}. Push a commit that mends it, or try it again: kontena source retry {0}",
        source
    );
}

std::string watch_plan(model::Plan const& plan) {
    return plan.id.empty() ? "" : fmt::format("kontena plan show {}", plan.id.leaf());
}

AskProgress progress_of_plan(ApiClient& api, std::string plan) {
    return [&api, plan = std::move(plan)] { return ask_plan(api, plan); };
}

AskProgress progress_of_services(ApiClient& api, std::vector<std::string> services) {
    return [&api, services = std::move(services)] { return ask_services(api, services); };
}

awaitable<Result<Progress>>
wait_until_done(Context& context, AskProgress ask, WaitOptions options) {
    View view(context, options.quiet);
    co_return co_await watch(context, std::move(ask), std::move(options), view);
}

awaitable<Result<int>> wait_and_tell(Context& context, AskProgress ask, WaitOptions options) {
    auto const began = context.now();
    bool const quiet = options.quiet;
    auto const after_failure = options.after_failure;
    View view(context, quiet);
    auto progress = co_await watch(context, std::move(ask), std::move(options), view);
    if (!progress) co_return std::move(progress.error());
    auto const took = std::chrono::duration_cast<Millis>(context.now() - began);
    if (!quiet)
        context.out() << render::progress_summary(*progress, took, context.style(), view.printed());
    auto const next = progress->state == ProgressState::failed && after_failure
                          ? after_failure(*progress)
                          : std::string();
    if (!quiet && !next.empty()) context.out() << next << "\n";
    co_return exit_code(progress->state);
}

Result<Millis> wait_limit(Context const& context) {
    auto seconds = stackfile::parse_seconds(context.args.text("timeout"));
    if (!seconds)
        return core::fail(
            Errc::invalid, fmt::format("option '--timeout': {}", seconds.error().message)
        );
    return Millis(core::Seconds(*seconds));
}

int exit_code(ProgressState state) { return state == ProgressState::converged ? kOk : kFailed; }

} // namespace kontena::cli
