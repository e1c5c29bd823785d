#include "cli/commands/stack_options.hpp"
#include "cli/commands/stack_tools.hpp"
#include "stackfile/path.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

namespace kontena::cli {

namespace fs = std::filesystem;
using core::Errc;
using core::Result;
using stackfile::StackService;

namespace {

using Argv = std::vector<std::string>;

/// `[HOST[:PORT]/]PATH:TAG`, with the characters that Docker allows.
bool image_name(std::string_view image) {
    auto const tag = image.rfind(':');
    auto const slash = image.rfind('/');
    auto const tagged =
        tag != std::string_view::npos && (slash == std::string_view::npos || tag > slash);
    auto const allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._-/:").find(c) != std::string_view::npos;
    };
    return tagged && tag > 0 && tag + 1 < image.size() && image.front() != '-' &&
           std::ranges::all_of(image, allowed);
}

struct Job {
    std::string service;
    std::string image;
    stackfile::Build build;
    std::vector<stackfile::Hook> hooks; ///< pre_build
};

Job job_of(StackService const& service) {
    Job out{
        .service = service.name,
        .image = service.spec->image.value.value_or(""),
        .build = *service.spec->build.value,
        .hooks = {}
    };
    if (service.spec->hooks.value)
        for (auto const& point : *service.spec->hooks.value)
            if (point.name == "pre_build" && point.hooks) out.hooks = *point.hooks;
    return out;
}

/// The named services, or all, that have a build.
Result<std::vector<Job>>
jobs_of(stackfile::Stack const& stack, std::vector<std::string> const& names) {
    for (auto const& name : names)
        if (std::ranges::find(stack.services, name, &StackService::name) == stack.services.end())
            return core::fail(
                Errc::not_found, fmt::format("the stack {} has no service '{}'", stack.name, name)
            );
    std::vector<Job> out;
    for (auto const& service : stack.services) {
        auto const wanted = names.empty() || std::ranges::find(names, service.name) != names.end();
        if (wanted && service.spec->build.value) out.push_back(job_of(service));
    }
    if (out.empty())
        return core::fail(
            Errc::invalid,
            fmt::format(
                "{} has no build: there is nothing to do",
                names.empty() ? "no service of the stack"
                              : fmt::format("{}", fmt::join(names, ", "))
            )
        );
    return out;
}

Result<> check(Job const& job) {
    if (!image_name(job.image))
        return core::fail(
            Errc::invalid,
            fmt::format(
                "services.{}.image: '{}' cannot be built: it must be a name and a tag, name:tag",
                job.service,
                job.image
            )
        );
    auto const file =
        stackfile::join_path(job.build.context, job.build.dockerfile.value_or("Dockerfile"));
    std::error_code ec;
    if (fs::exists(file, ec)) return {};
    return core::fail(
        Errc::not_found, fmt::format("services.{}.build: {}: no such file", job.service, file)
    );
}

Argv docker(Context const& context) {
    if (context.args.flag("sudo")) return {"sudo", "docker"};
    return {"docker"};
}

Argv build_command(Context const& context, Job const& job) {
    auto out = docker(context);
    out.insert(out.end(), {"build", "-t", job.image});
    auto const dockerfile = job.build.dockerfile.value_or("Dockerfile");
    if (dockerfile != "Dockerfile")
        out.insert(out.end(), {"-f", stackfile::join_path(job.build.context, dockerfile)});
    if (!context.args.flag("cache")) out.emplace_back("--no-cache");
    if (context.args.flag("pull")) out.emplace_back("--pull");
    // Without a value Docker takes that of its own environment.
    for (auto const& [name, value] : job.build.args.value_or(stackfile::Options{}))
        out.push_back(
            stackfile::is_null(value)
                ? fmt::format("--build-arg={}", name)
                : fmt::format("--build-arg={}={}", name, stackfile::to_text(value))
        );
    out.push_back(job.build.context);
    return out;
}

/// Fails when the program does.
awaitable<Result<>> run(Context& context, Argv argv) {
    if (!context.run_program)
        co_return core::fail(Errc::unsupported, "programs cannot be run here");
    context.out() << std::flush;
    auto const shown = fmt::format("{} {}", argv[0], argv.size() > 1 ? argv[1] : "");
    auto code = co_await context.run_program(std::move(argv));
    if (!code) co_return std::move(code.error());
    if (*code == 0) co_return Result<>{};
    co_return core::fail(Errc::invalid, fmt::format("{} ended with code {}", shown, *code));
}

/// Hooks are shell commands by definition.
awaitable<Result<>> build(Context& context, Job job) {
    for (auto const& hook : job.hooks) {
        context.out() << fmt::format("Running hook {} of {}\n", hook.name, job.service);
        auto ran = co_await run(context, {"/bin/sh", "-c", hook.cmd});
        if (!ran) co_return std::move(ran.error()).with_context("hook " + hook.name);
    }
    context.out() << fmt::format("Building image {}\n", job.image);
    auto argv = build_command(context, job);
    auto built = co_await run(context, std::move(argv));
    if (!built) co_return std::move(built.error()).with_context("building " + job.image);
    co_return Result<>{};
}

awaitable<Result<>> push(Context& context, Job job) {
    context.out() << fmt::format("Pushing image {}\n", job.image);
    auto argv = docker(context);
    argv.insert(argv.end(), {"push", job.image});
    auto pushed = co_await run(context, std::move(argv));
    if (!pushed) co_return std::move(pushed.error()).with_context("pushing " + job.image);
    co_return Result<>{};
}

/// The one stack of the file, read without its dependencies.
Result<stackfile::Stack> stack_of(Context& context) {
    KTRY(auto const at, stack_world(context, !context.args.all("values-from-stack").empty()));
    auto const file = context.args.text("file");
    KTRY(auto const documents, gather_stack_files({file}, *at.world, context.terminal.in));
    ReadOptions options{
        .purpose = Purpose::validate,
        .grid = at.grid ? at.grid->grid() : "validate",
        .stack_name = context.args.text("name"),
        .parent_name = {},
        .values = {},
        .depends = stackfile::Depends::leave,
    };
    KTRY(options.values, all_given_values(context, at));
    auto readings = read_stacks(documents, options, *at.world, context.terminal.err_style);
    KCHECK(tell(context, readings, "; nothing was built"));
    if (readings.files.size() != 1 || !readings.grid_files.empty())
        return core::fail(Errc::invalid, fmt::format("{} is not a single stack file", file));
    return std::move(*readings.files.front().reading.normal);
}

} // namespace

awaitable<Result<int>> build_stack(Context& context) {
    KCO_TRY(auto const stack, stack_of(context));
    KCO_TRY(auto const jobs, jobs_of(stack, context.args.all("SERVICE")));
    for (auto const& job : jobs) KCO_CHECK(check(job));
    for (auto const& job : jobs) {
        auto built = co_await build(context, job);
        if (!built) co_return std::move(built.error());
    }
    if (context.args.flag("push")) {
        for (auto const& job : jobs) {
            auto pushed = co_await push(context, job);
            if (!pushed) co_return std::move(pushed.error());
        }
    }
    co_return kOk;
}

} // namespace kontena::cli
