#include "cli/commands/command.hpp"

#include <fmt/format.h>

#include <array>

namespace kontena::cli {

using core::Result;

namespace {

constexpr std::array<args::Option, 1> kVersionOptions{
    args::Option{.name = "cli", .value = {}, .help = "only the version of this program"},
};
constexpr std::array<args::Param, 1> kWords{{{"COMMAND", "what to explain", args::Need::any}}};

/// Never fails for want of a master.
awaitable<Result<int>> version(Context& context) {
    context.out() << "cli: " KONTENA_VERSION "\n";
    if (context.args.flag("cli")) co_return kOk;
    auto const session = context.session();
    if (!session) co_return kOk;
    auto const api = context.connect(session->server);
    if (!api) co_return kOk;
    auto reply = co_await (*api)->request({.path = "/"});
    auto const* object = reply ? reply->if_object() : nullptr;
    auto const* found = object == nullptr ? nullptr : object->if_contains("version");
    if (found != nullptr && found->is_string())
        context.out() << fmt::format(
            "master: {} ({})\n", std::string_view(found->as_string()), session->server.url
        );
    co_return kOk;
}

/// The parser turns `help …` into help by itself; this stands for it in the table.
awaitable<Result<int>> help(Context&) { co_return kOk; }

constexpr std::array<Entry, 2> kCommands{{
    {{"version", "Print the versions of this program and of the master", kVersionOptions}, version},
    {{"help", "Explain a command", {}, kWords}, help},
}};

} // namespace

std::span<Entry const> general_commands() { return kCommands; }

} // namespace kontena::cli
