#include "cli/client/replies.hpp"
#include "cli/commands/command.hpp"
#include "cli/commands/output.hpp"
#include "cli/commands/wait.hpp"
#include "cli/render/issues.hpp"
#include "cli/render/plan.hpp"
#include "cli/render/show.hpp"
#include "core/base/strings.hpp"
#include "core/sys/files.hpp"
#include "stackfile/grammar.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <array>
#include <iterator>

namespace kontena::cli {

namespace bj = boost::json;
using core::Errc;
using core::Result;

namespace {

constexpr std::array<args::Option, 3> kListOptions{kGridOption, kQuietOption, kFormatOption};
constexpr std::array<args::Option, 2> kShowOptions{kGridOption, kFormatOption};
constexpr std::array<args::Option, 2> kRemoveOptions{kGridOption, kForceOption};
constexpr std::array<args::Option, 13> kSourceOptions{{
    kGridOption,
    {.name = "url", .value = "URL", .help = "https, ssh or file URL, or a path on the master"},
    {.name = "ref", .value = "REF", .help = "branch or tag (default: main)"},
    {.name = "path", .value = "PATH", .help = "folder in the repository (default: all of it)"},
    {.name = "policy",
     .value = "automatic|manual",
     .help = "automatic (default): apply each commit; manual: wait for source sync"},
    {.name = "prune",
     .value = {},
     .help = "remove stacks that the repository no longer has (default: yes)",
     .negatable = true},
    {.name = "self-heal",
     .value = {},
     .help = "take back changes by hand (default: no)",
     .negatable = true},
    {.name = "interval", .value = "TIME", .help = "time between looks, such as 30s (default: 60s)"},
    {.name = "username", .value = "NAME", .help = "for https, and the ssh user"},
    {.name = "password-stdin", .value = {}, .help = "read the password or token from stdin"},
    {.name = "ssh-key", .value = "FILE", .help = "private key file"},
    {.name = "webhook-secret",
     .value = "TEXT",
     .help = "what the Git host signs its calls with (default: random)"},
    kFormatOption,
}};
constexpr std::array<args::Option, 7> kSyncOptions{
    kGridOption,
    kWaitOption,
    kTimeoutOption,
    kDryRunOption,
    kDetailedOption,
    args::Option{.name = "force", .value = {}, .help = "also change stacks of another source"},
    kPlanFormatOption,
};
constexpr std::array<args::Option, 4> kRetryOptions{
    kGridOption, kWaitOption, kTimeoutOption, kPlanFormatOption
};
constexpr std::array<args::Param, 1> kName{{{"NAME", "name of the source"}}};
constexpr std::array<args::Param, 1> kNames{{{"NAME", "name of the source", args::Need::some}}};

/// What the user said about a source, as the API wants it.
Result<bj::object> source_body(Context& context) {
    auto const& args = context.args;
    bj::object out;
    for (auto const* key : {"url", "ref", "path", "username"})
        if (auto const value = args.get(key)) out[key] = *value;
    if (auto const secret = args.get("webhook-secret")) out["webhook_secret"] = *secret;
    if (args.has("policy")) {
        KTRY(auto const policy, context.choice("policy", {"automatic", "auto", "manual"}));
        out["policy"] = policy == "manual" ? "manual" : "automatic";
    }
    if (args.has("prune")) out["prune"] = args.flag("prune");
    if (args.has("self-heal")) out["self_heal"] = args.flag("self-heal");
    if (auto const interval = args.get("interval")) {
        auto const seconds = stackfile::parse_seconds(*interval);
        if (!seconds)
            return core::fail(
                Errc::invalid, fmt::format("option '--interval': {}", seconds.error().message)
            );
        out["interval"] = *seconds;
    }
    if (args.flag("password-stdin")) {
        std::string text(std::istreambuf_iterator<char>(context.terminal.in), {});
        while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
        if (text.empty())
            return core::fail(Errc::invalid, "Missing input: --password-stdin, but stdin is empty");
        out["password"] = std::move(text);
    }
    if (auto const file = args.get("ssh-key")) {
        KTRY(out["ssh_key"], sys::read_file(*file));
    }
    return out;
}

awaitable<Result<int>> add(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    KCO_TRY(auto const session, context.session());
    KCO_TRY(auto const format, context.choice("format", {"table", "json"}));
    if (!context.args.has("url"))
        co_return core::fail(Errc::invalid, "option '--url' is required: where is the repository?");
    KCO_TRY(auto body, source_body(context));
    auto const name = context.args.text("NAME");
    body["name"] = name;
    ApiRequest request{
        .method = "POST", .path = api_path({"grids", grid, "sources"}), .body = std::move(body)
    };
    auto reply = co_await api->request(std::move(request));
    if (!reply) co_return std::move(reply.error()).with_context("adding source " + name);
    if (format == "json") {
        context.out() << json::pretty(*reply);
        co_return kOk;
    }
    KCO_TRY(auto const source, decoded<SourceReply>(std::move(reply)));
    context.out() << fmt::format("Added source {} to grid {}.\n", name, grid)
                  << render::source(source, session.server.url, context.style());
    if (!source.webhook_secret.empty())
        context.out() << "The webhook secret is shown once: give it to the Git host.\n";
    context.out() << fmt::format(
        "Next: look at it now, and wait until all runs: kontena source sync {} --wait\n", name
    );
    co_return kOk;
}

awaitable<Result<int>> update(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    KCO_TRY(auto body, source_body(context));
    auto const name = context.args.text("NAME");
    if (body.empty()) co_return core::fail(Errc::invalid, "nothing to update: give an option");
    ApiRequest request{
        .method = "PUT", .path = api_path({"sources", grid, name}), .body = std::move(body)
    };
    auto reply = co_await api->request(std::move(request));
    if (!reply) co_return std::move(reply.error()).with_context("updating source " + name);
    context.out() << fmt::format("Updated source {}\n", name);
    co_return kOk;
}

awaitable<Result<int>> list(Context& context) {
    KCO_TRY(auto const grid, context.grid());
    auto const names = [](SourcesReply const& reply) {
        return names_of(reply.sources, [](auto const& one) { return one.source.id.leaf(); });
    };
    auto const text = [&context](SourcesReply const& reply) {
        return render::sources(reply.sources, context.style());
    };
    auto path = api_path({"grids", grid, "sources"});
    co_return co_await print_list<SourcesReply>(context, std::move(path), names, text);
}

awaitable<Result<int>> show(Context& context) {
    KCO_TRY(auto const grid, context.grid());
    KCO_TRY(auto const session, context.session());
    auto const text = [&context, url = session.server.url](SourceReply const& reply) {
        return render::source(reply, url, context.style());
    };
    auto path = api_path({"sources", grid, context.args.text("NAME")});
    co_return co_await print_reply<SourceReply>(context, std::move(path), text);
}

awaitable<Result<int>> remove(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    for (auto const& name : context.args.all("NAME")) {
        KCO_CHECK(context.confirm(
            fmt::format("This removes source {} from grid {}. Its stacks stay.", name, grid), name
        ));
        ApiRequest request{.method = "DELETE", .path = api_path({"sources", grid, name})};
        auto reply = co_await api->request(std::move(request));
        if (!reply) co_return std::move(reply.error()).with_context("removing source " + name);
        context.out() << fmt::format("Removed source {}; its stacks stay as they are\n", name);
    }
    co_return kOk;
}

/// A commit that was not applied: the error of the command.
Result<> check_status(model::SourceStatus const& status, std::string const& name) {
    auto const commit = status.seen_commit.substr(0, 10);
    if (status.state == model::SyncState::refused)
        return core::fail(
            Errc::invalid,
            fmt::format(
                "commit {} of source {} is refused, and nothing was changed: {}",
                commit,
                name,
                status.error
            ),
            status.issues
        );
    if (status.state == model::SyncState::failed)
        return core::fail(
            Errc::conflict,
            fmt::format(
                "commit {0} of source {1} is quarantined: {2}. Push a commit that mends it, or try "
                "it again: kontena source retry {1}",
                commit,
                name,
                status.error
            )
        );
    if (status.state == model::SyncState::unreachable)
        return core::fail(
            Errc::unavailable, fmt::format("source {} cannot be reached: {}", name, status.error)
        );
    return {};
}

/// `sync` or `retry`: the same, but for the route.
awaitable<Result<int>> apply_source(Context& context, std::string verb) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    KCO_TRY(auto const limit, wait_limit(context));
    KCO_TRY(auto const format, context.choice("format", {"table", "json", "markdown"}));
    auto const& args = context.args;
    auto const name = args.text("NAME");
    auto const dry_run = args.flag("dry-run");
    bj::object body;
    if (verb == "sync") body = {{"dry_run", dry_run}, {"force", args.flag("force")}};
    ApiRequest request{
        .method = "POST",
        .path = api_path({"sources", grid, name, verb}),
        .body = std::move(body),
        .limit = kLongLimit,
    };
    auto raw = co_await api->request(std::move(request));
    if (!raw) co_return std::move(raw.error()).with_context("syncing source " + name);
    auto const text = format == "json" ? json::pretty(*raw) : std::string();
    KCO_TRY(auto const reply, decoded<SyncReply>(std::move(raw)));
    auto const plan = reply.plan.value_or(model::Plan{});
    // A poll may have applied the commit before this request did: then its plan is what to wait
    // for.
    auto const applied = plan.empty() ? reply.status.plan : plan.id;
    bool const wait = !dry_run && args.flag("wait") && !applied.empty();
    if (format == "json") context.out() << text;
    KCO_CHECK(check_status(reply.status, name));
    if (format == "table") {
        for (auto const& warning : reply.status.warnings) context.warn(warning);
        auto const commit = reply.status.seen_commit.substr(0, 10);
        context.out() << fmt::format(
            "Source {} is at commit {} ({}).\n", name, commit, json::enum_name(reply.status.state)
        );
        if (wait && plan.empty()) {
            context.out() << fmt::format(
                "Nothing new to do. Waiting for plan {}, the last one of this source: kontena plan "
                "show {}\n",
                applied.leaf(),
                applied.leaf()
            );
        } else {
            context.out() << render::plan(plan, render::Detail::brief, context.style());
        }
    }
    if (format == "markdown") context.out() << render::plan_markdown(plan, false);
    if (dry_run) co_return args.flag("detailed-exitcode") && !plan.empty() ? kChanges : kOk;
    if (!wait) co_return kOk;
    auto ask = progress_of_plan(*api, applied.str());
    WaitOptions options{
        .limit = limit,
        .quiet = format == "json",
        .watch = fmt::format("kontena plan show {}", applied.leaf()),
        .after_failure = [name](Progress const&) { return after_failed_commit(name); },
    };
    auto code = co_await wait_and_tell(context, std::move(ask), std::move(options));
    if (!code && code.error().code == Errc::not_found && plan.empty()) co_return kOk;
    co_return code;
}

awaitable<Result<int>> sync(Context& context) { return apply_source(context, "sync"); }

awaitable<Result<int>> retry(Context& context) { return apply_source(context, "retry"); }

constexpr std::array<Entry, 7> kCommands{{
    {{"source add", "Follow a Git repository with stack files", kSourceOptions, kName}, add},
    {{"source list", "List the sources of a grid", kListOptions, {}, "ls"}, list},
    {{"source show", "Show a source, and what is wrong with it", kShowOptions, kName}, show},
    {{"source sync", "Look at a source now and apply what is there", kSyncOptions, kName}, sync},
    {{"source retry", "Apply a commit again that failed to deploy", kRetryOptions, kName}, retry},
    {{"source update", "Change a source", kSourceOptions, kName}, update},
    {{"source remove", "Stop following sources; their stacks stay", kRemoveOptions, kNames, "rm"},
     remove},
}};

} // namespace

std::span<Entry const> source_commands() { return kCommands; }

} // namespace kontena::cli
