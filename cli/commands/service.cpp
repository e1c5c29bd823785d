#include "cli/client/replies.hpp"
#include "cli/commands/command.hpp"
#include "cli/commands/output.hpp"
#include "cli/commands/wait.hpp"
#include "cli/render/show.hpp"
#include "core/base/strings.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <array>
#include <charconv>

namespace kontena::cli {

namespace bj = boost::json;
using core::Errc;
using core::Result;

namespace {

constexpr std::array<args::Option, 4> kListOptions{
    kGridOption,
    kQuietOption,
    kFormatOption,
    args::Option{.name = "stack", .value = "STACK", .help = "only the services of this stack"},
};
constexpr std::array<args::Option, 2> kShowOptions{kGridOption, kFormatOption};
constexpr std::array<args::Option, 4> kScaleOptions{
    kGridOption,
    args::Option{
        .name = "force", .value = {}, .help = "also when a Git source owns the stack (it is drift)"
    },
    args::Option{
        .name = "wait",
        .value = {},
        .help = "wait until the service has that many instances",
        .negatable = true,
        .fallback = "true",
    },
    kTimeoutOption,
};
constexpr std::array<args::Option, 1> kGridOnly{kGridOption};
constexpr std::array<args::Option, 4> kWhyOptions{
    kGridOption,
    args::Option{
        .name = "until", .value = "TIME", .help = "what was known then: 2026-11-25T18:00:00Z"
    },
    args::Option{.name = "limit", .value = "N", .help = "links of the chain (50)"},
    kFormatOption,
};
constexpr std::array<args::Param, 1> kInstance{{{"NAME", "stack/service or stack/service-N"}}};
constexpr std::array<args::Param, 1> kName{{{"NAME", "stack/service"}}};
constexpr std::array<args::Param, 2> kScaleParams{
    {{"NAME", "stack/service"}, {"INSTANCES", "how many instances"}}
};

/// `stack/service` or `grid/stack/service` -> the path of its API.
Result<std::string> service_path(Context& context) {
    auto const reference = context.args.text("NAME");
    auto const parts = core::split(reference, '/');
    if (parts.size() == 3) return api_path({"services", parts[0], parts[1], parts[2]});
    if (parts.size() != 2)
        return core::fail(
            Errc::invalid, fmt::format("'{}' is not a service: write stack/service", reference)
        );
    KTRY(auto const grid, context.grid());
    return api_path({"services", grid, parts[0], parts[1]});
}

awaitable<Result<int>> list(Context& context) {
    KCO_TRY(auto const grid, context.grid());
    auto path = api_path({"grids", grid, "services"});
    if (auto const stack = context.args.get("stack")) path += "?stack=" + api_path({*stack});
    auto const names = [](ServicesReply const& reply) {
        return names_of(reply.services, [](auto const& service) {
            return fmt::format("{}/{}", service.stack.name, service.name);
        });
    };
    auto const text = [&context](ServicesReply const& reply) {
        return render::services(reply.services, context.style());
    };
    co_return co_await print_list<ServicesReply>(context, std::move(path), names, text);
}

awaitable<Result<int>> show(Context& context) {
    KCO_TRY(auto path, service_path(context));
    auto const text = [&context](ServiceReply const& reply) {
        return render::service(reply, context.style());
    };
    co_return co_await print_reply<ServiceReply>(context, std::move(path), text);
}

awaitable<Result<int>> scale(Context& context) {
    KCO_TRY(auto const limit, wait_limit(context));
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const path, service_path(context));
    auto const name = context.args.text("NAME");
    auto const text = context.args.text("INSTANCES");
    int instances = -1;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), instances);
    if (ec != std::errc{} || end != text.data() + text.size() || instances < 0)
        co_return core::fail(
            Errc::invalid, fmt::format("parameter 'INSTANCES': '{}' is not a number", text)
        );
    bj::object body{{"instances", instances}, {"force", context.args.flag("force")}};
    ApiRequest request{.method = "POST", .path = path + "/scale", .body = std::move(body)};
    auto reply = co_await api->request(std::move(request));
    if (!reply) co_return std::move(reply.error()).with_context("scaling " + name);
    context.out(
    ) << fmt::format("Scaling {} to {} instance{}\n", name, instances, instances == 1 ? "" : "s")
      << std::flush;
    if (!context.args.flag("wait")) co_return kOk;
    auto const id = path.substr(std::string_view("services/").size());
    auto ask = progress_of_services(*api, {id});
    WaitOptions options{
        .limit = limit, .watch = "kontena service show " + name, .after_failure = after_failed_apply
    };
    co_return co_await wait_and_tell(context, std::move(ask), std::move(options));
}

awaitable<Result<int>> deploys(Context& context) {
    KCO_TRY(auto const path, service_path(context));
    auto const text = [&context](DeploysReply const& reply) {
        return render::deploys(reply.deploys, context.style());
    };
    co_return co_await print_reply<DeploysReply>(context, path + "/deploys", text);
}

/// Pause, resume or abort the newest deploy.
awaitable<Result<int>> steer(Context& context, std::string verb) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const path, service_path(context));
    auto const name = context.args.text("NAME");
    ApiRequest request{.method = "POST", .path = path + "/deploys/" + verb};
    auto reply = co_await call<DeployReply>(*api, std::move(request));
    if (!reply) co_return std::move(reply.error());
    context.out() << fmt::format(
        "Deploy {} of {}: {}\n",
        core::DeployId(reply->id).leaf(),
        name,
        render::deploy_state(*reply)
    );
    if (verb == "abort" && !reply->cause.commit.empty())
        context.out() << fmt::format(
            "It came with commit {} of source {}. The source goes back to its last good commit, if "
            "it has one, as a whole, unless on_failure of the service says otherwise, and "
            "quarantines this one. Try it again: kontena source retry {}\n",
            reply->cause.commit.substr(0, 10),
            reply->cause.source,
            reply->cause.source
        );
    co_return kOk;
}

awaitable<Result<int>> pause(Context& context) { return steer(context, "pause"); }

awaitable<Result<int>> resume(Context& context) { return steer(context, "resume"); }

awaitable<Result<int>> abort(Context& context) { return steer(context, "abort"); }

/// `stack/service-N` asks about one instance; a service may be called like that itself.
std::pair<std::string, std::string> split_instance(std::string const& name) {
    auto const dash = name.rfind('-');
    auto const digits = dash == std::string::npos ? std::string() : name.substr(dash + 1);
    bool const number =
        !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
    return number ? std::pair(name.substr(0, dash), digits) : std::pair(name, std::string());
}

awaitable<Result<int>> why(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const format, context.choice("format", {"table", "json"}));
    KCO_TRY(auto const path, service_path(context));
    std::string query;
    if (auto const until = context.args.get("until")) query += "&until=" + api_path({*until});
    if (auto const limit = context.args.get("limit")) query += "&limit=" + api_path({*limit});
    auto const [service, instance] = split_instance(path);
    auto raw = co_await api->request({.path = path + "/why?" + query});
    bool const unknown = !raw && raw.error().code == Errc::not_found && !instance.empty();
    if (unknown)
        raw = co_await api->request({.path = service + "/why?instance=" + instance + query});
    if (!raw) co_return std::move(raw.error());
    if (format == "json") {
        context.out() << json::pretty(*raw);
        co_return kOk;
    }
    KCO_TRY(auto const reply, decoded<WhyReply>(std::move(raw)));
    context.out() << render::why(reply, context.style());
    co_return kOk;
}

constexpr std::array<Entry, 8> kCommands{{
    {{"service list", "List the services of a grid", kListOptions, {}, "ls"}, list},
    {{"service show", "Show a service and its instances", kShowOptions, kName}, show},
    {{"service scale", "Change the number of instances", kScaleOptions, kScaleParams}, scale},
    {{"service why", "Explain why a service or an instance is as it is", kWhyOptions, kInstance},
     why},
    {{"deploy list", "List the deploys of a service", kShowOptions, kName, "ls"}, deploys},
    {{"deploy pause", "Start and replace nothing more in the newest deploy", kGridOnly, kName},
     pause},
    {{"deploy resume", "Go on with a paused deploy, or try a failed one again", kGridOnly, kName},
     resume},
    {{"deploy abort", "Make the newest deploy fail; its on_failure policy follows", kGridOnly, kName
     },
     abort},
}};

} // namespace

std::span<Entry const> service_commands() { return kCommands; }

} // namespace kontena::cli
