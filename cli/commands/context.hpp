#pragma once

#include "cli/args/args.hpp"
#include "cli/client/api_client.hpp"
#include "cli/client/fetch.hpp"
#include "cli/config/config.hpp"
#include "cli/render/style.hpp"
#include "core/base/time.hpp"
#include "core/json/codec.hpp"

#include <filesystem>
#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace kontena::cli {

/// Where a command reads and writes.
struct Terminal {
    std::ostream& out;
    std::ostream& err;
    std::istream& in;
    bool out_is_tty = false;
    bool in_is_tty = false;
    render::Style out_style;
    render::Style err_style;
    std::function<void(bool on)> echo = {}; ///< whether what is typed is shown; empty: it is
    /// What is to be said when the user interrupts; an empty text is nothing. May be missing.
    std::function<void(std::string const& text)> farewell = {};
};

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kChanges = 2; ///< of --detailed-exitcode

/// Runs a program with the terminal of this one, without a shell; its exit code.
using RunProgram = std::function<awaitable<core::Result<int>>(std::vector<std::string> argv)>;

/// What every command works with. Owned by the caller of the command, who awaits it.
struct Context {
    Terminal& terminal;
    EnvLookup const& env;
    std::filesystem::path config_file;
    Config config;
    Connect connect;
    std::function<core::TimePoint()> now;
    std::function<awaitable<void>(core::Millis)> sleep;
    args::Values args;
    Fetch fetch = {};
    RunProgram run_program = {};
    std::unique_ptr<ApiClient> client = nullptr; ///< made by the first api()

    std::ostream& out() { return terminal.out; }

    std::ostream& err() { return terminal.err; }

    render::Style style() const { return terminal.out_style; }

    void warn(std::string_view message);

    /// The selected master, connected. Kept for the next call.
    core::Result<ApiClient*> api();
    core::Result<Session> session();

    /// `--grid`, KONTENA_GRID, or the selected one; Errc::invalid with advice otherwise.
    core::Result<std::string> grid();

    /// Writes the configuration, unless KONTENA_URL stands in for it.
    core::Result<> save();

    /// Asks the user to type `name`, unless --force is given. Without a terminal to ask on, it
    /// refuses.
    core::Result<> confirm(std::string_view what, std::string_view name);

    /// Errc::invalid when the option is none of these.
    core::Result<std::string>
    choice(std::string_view option, std::initializer_list<std::string_view> allowed) const;
    /// Errc::invalid when the option is no number from `least` on.
    core::Result<int> number(std::string_view option, int least) const;
};

/// The body of a reply as T.
template <class T>
core::Result<T> decoded(core::Result<boost::json::value> reply) {
    if (!reply) return std::move(reply.error());
    if (reply->is_null()) return T{};
    auto value = json::decode<T>(*reply);
    if (!value)
        return std::move(value.error()).with_context("the master's reply is not understood");
    return value;
}

/// One request; the reply as T.
template <class T>
awaitable<core::Result<T>> call(ApiClient& api, ApiRequest request) {
    auto reply = co_await api.request(std::move(request));
    co_return decoded<T>(std::move(reply));
}

} // namespace kontena::cli
