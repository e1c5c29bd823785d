#include "cli/commands/context.hpp"

#include "cli/render/issues.hpp"
#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kontena::cli {

using core::Errc;
using core::Result;

void Context::warn(std::string_view message) {
    err() << render::warning(message, terminal.err_style);
}

Result<Session> Context::session() { return select_server(config, env); }

Result<ApiClient*> Context::api() {
    if (client) return client.get();
    KTRY(auto const selected, session());
    if (selected.server.token.empty())
        return core::fail(
            Errc::unauthenticated,
            fmt::format(
                "You are not logged into a Kontena Master: there is no token for {}. Log in with: "
                "kontena master login --token TOKEN {}",
                selected.server.url,
                selected.server.url
            )
        );
    auto connected = connect(selected.server);
    if (!connected) return std::move(connected.error());
    client = std::move(*connected);
    return client.get();
}

Result<std::string> Context::grid() {
    if (auto given = args.get("grid"); given && !given->empty()) return *given;
    KTRY(auto const selected, session());
    if (!selected.server.grid.empty()) return selected.server.grid;
    return core::fail(
        Errc::invalid,
        "You have not selected a grid. Select one with: kontena grid use NAME, or make one with: "
        "kontena grid create NAME"
    );
}

Result<> Context::save() {
    if (env("KONTENA_URL").value_or("").empty()) return save_config(config_file, config);
    return {};
}

Result<> Context::confirm(std::string_view what, std::string_view name) {
    if (args.flag("force")) return {};
    if (!terminal.in_is_tty || !terminal.out_is_tty)
        return core::fail(
            Errc::invalid,
            fmt::format(
                "Command requires --force, because there is no terminal to ask on: {}", what
            )
        );
    out() << fmt::format(
                 "{}\nTo proceed, type \"{}\" or re-run this command with the --force option.\n> "
                 "Enter '{}' "
                 "to confirm: ",
                 what,
                 name,
                 name
             )
          << std::flush;
    std::string answer;
    std::getline(terminal.in, answer);
    if (core::trim(answer) == name) return {};
    return core::fail(Errc::invalid, fmt::format("Confirmation did not match {}", name));
}

Result<std::string>
Context::choice(std::string_view option, std::initializer_list<std::string_view> allowed) const {
    auto const value = args.text(option);
    if (std::ranges::find(allowed, value) != allowed.end()) return value;
    return core::fail(
        Errc::invalid,
        fmt::format(
            "option '--{}': '{}' is not {}", option, value, core::choices(std::vector(allowed))
        )
    );
}

Result<int> Context::number(std::string_view option, int least) const {
    auto const text = args.text(option);
    int out = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (ec == std::errc{} && end == text.data() + text.size() && out >= least) return out;
    return core::fail(
        Errc::invalid,
        fmt::format("option '--{}': '{}' is not a number from {} on", option, text, least)
    );
}

} // namespace kontena::cli
