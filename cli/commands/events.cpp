#include "cli/client/replies.hpp"
#include "cli/commands/command.hpp"
#include "cli/render/show.hpp"

#include <fmt/format.h>

#include <array>

namespace kontena::cli {

using core::Errc;
using core::Result;

namespace {

constexpr core::Millis kReconnectPause{1'000};

constexpr std::array<args::Option, 4> kOptions{
    kGridOption,
    args::Option{.name = "follow", .value = {}, .help = "go on with new events", .letter = 'f'},
    args::Option{
        .name = "lines", .value = "N", .help = "how many to begin with", .fallback = "100"
    },
    kFormatOption,
};

/// Prints events and remembers where to go on.
class Printer {
public:
    Printer(Context& context, bool as_json)
        : context_(context)
        , as_json_(as_json) {}

    std::string const& last() const { return last_; }

    void print(boost::json::value const& value) {
        auto const event = json::decode<EventReply>(value);
        if (!event) return;
        auto const* text = event->id.if_string();
        auto const id = text != nullptr ? std::string(*text) : json::serialize(event->id);
        if (!event->id.is_null()) last_ = id;
        context_.out() << (as_json_ ? json::serialize(value) + "\n"
                                    : render::event(*event, context_.style()))
                       << std::flush;
    }

private:
    Context& context_;
    bool as_json_;
    std::string last_;
};

/// The stream of new events; after an interruption it goes on behind the last one seen.
awaitable<Result<int>> follow(Context& context, std::string path, std::string lines, bool as_json) {
    KCO_TRY(auto* const api, context.api());
    Printer printer(context, as_json);
    auto const line = [&printer](std::string_view text) {
        auto const value = json::parse(text);
        if (value) printer.print(*value);
        return true;
    };
    for (;;) {
        auto const from =
            printer.last().empty() ? "limit=" + lines : "from=" + api_path({printer.last()});
        auto ended = co_await api->follow(fmt::format("{}?follow=1&{}", path, from), line);
        if (ended) co_return kOk;
        if (!ended.error().transient()) co_return std::move(ended.error());
        co_await context.sleep(kReconnectPause);
    }
}

awaitable<Result<int>> events(Context& context) {
    KCO_TRY(auto* const api, context.api());
    KCO_TRY(auto const grid, context.grid());
    KCO_TRY(auto const format, context.choice("format", {"table", "json"}));
    KCO_TRY(auto const limit, context.number("lines", 1));
    auto const lines = context.args.text("lines");
    auto const as_json = format == "json";
    if (!as_json) context.out() << render::event_header(context.style());
    auto const path = api_path({"grids", grid, "event_logs"});
    if (context.args.flag("follow")) co_return co_await follow(context, path, lines, as_json);
    auto reply = co_await api->request({.path = fmt::format("{}?limit={}", path, limit)});
    if (!reply) co_return std::move(reply.error());
    Printer printer(context, as_json);
    auto const* object = reply->if_object();
    auto const* logs = object == nullptr ? nullptr : object->if_contains("logs");
    if (logs == nullptr || !logs->is_array()) co_return kOk;
    for (auto const& event : logs->as_array()) printer.print(event);
    co_return kOk;
}

constexpr std::array<Entry, 1> kCommands{{
    {{"events", "Show what happened in a grid, and why", kOptions}, events},
}};

} // namespace

std::span<Entry const> event_commands() { return kCommands; }

} // namespace kontena::cli
