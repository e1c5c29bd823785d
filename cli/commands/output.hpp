#pragma once

#include "cli/commands/context.hpp"

#include <functional>
#include <string>
#include <vector>

/// How the answer to a question is printed, for every command that asks one: as the master's JSON
/// with `--format json`, else as text.
namespace kontena::cli {

template <class T>
using AsText = std::function<std::string(T const&)>;

/// `--format`: true for json.
inline core::Result<bool> wants_json(Context const& context) {
    KTRY(auto const format, context.choice("format", {"table", "json"}));
    return format == "json";
}

template <class T>
awaitable<core::Result<int>> print_reply(Context& context, std::string path, AsText<T> text) {
    KCO_TRY(auto const as_json, wants_json(context));
    KCO_TRY(auto* const api, context.api());
    auto raw = co_await api->request({.path = std::move(path)});
    if (!raw) co_return std::move(raw.error());
    if (as_json) {
        context.out() << json::pretty(*raw);
        co_return kOk;
    }
    KCO_TRY(auto const reply, decoded<T>(std::move(raw)));
    context.out() << text(reply);
    co_return kOk;
}

/// A list: with `--quiet` only the names, one a line.
template <class T>
awaitable<core::Result<int>> print_list(
    Context& context,
    std::string path,
    std::function<std::vector<std::string>(T const&)> names,
    AsText<T> text
) {
    bool const quiet = context.args.flag("quiet");
    AsText<T> print = [=](T const& reply) {
        if (!quiet) return text(reply);
        std::string out;
        for (auto const& name : names(reply)) out += name + "\n";
        return out;
    };
    return print_reply<T>(context, std::move(path), std::move(print));
}

/// The names in a list of things.
template <class Items, class Name>
std::vector<std::string> names_of(Items const& items, Name name) {
    std::vector<std::string> out;
    for (auto const& item : items) out.emplace_back(name(item));
    return out;
}

} // namespace kontena::cli
