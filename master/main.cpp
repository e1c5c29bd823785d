#include "core/sys/files.hpp"
#include "core/sys/signals.hpp"
#include "master/app.hpp"
#include "master/gitops/fetch.hpp"
#include "master/store/sqlite/backend.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace {

using namespace kontena;

constexpr std::string_view kUsage =
    "Usage: kontena-master [OPTIONS]\n"
    "       kontena-master [OPTIONS] backup FILE    copy the database, also while the master runs\n"
    "       kontena-master [OPTIONS] restore FILE   put such a copy back; the master must not "
    "run\n\n"
    "Options (the environment variable in brackets, or a line in the --config file, does the "
    "same):\n";

std::optional<std::string> from_environment(std::string const& name) {
    auto const* value = std::getenv(name.c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

core::Result<sys::Settings> read_all(std::vector<std::string> const& arguments) {
    KTRY(auto first, sys::read_settings(master::options(), arguments, from_environment, {}));
    auto const file = first.text("config");
    if (file.empty()) return first;
    KTRY(auto const text, sys::read_file(file));
    KTRY(auto const values, master::read_config_file(text, file));
    return sys::read_settings(master::options(), arguments, from_environment, values);
}

core::Result<void> restore(master::Config const& config, std::filesystem::path const& from) {
    namespace fs = std::filesystem;
    auto const target = config.database();
    if (!fs::exists(from))
        return core::fail(core::Errc::not_found, fmt::format("there is no {}", from.string()));
    if (fs::exists(target)) {
        return core::fail(
            core::Errc::conflict,
            fmt::format("{} exists: stop the master and move that file away first", target.string())
        );
    }
    std::error_code ec;
    fs::create_directories(config.data_dir, ec);
    fs::copy_file(from, target, ec);
    if (!ec) fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write, ec);
    if (ec)
        return core::fail(
            core::Errc::unavailable, fmt::format("copying {}: {}", from.string(), ec.message())
        );
    // Opening it checks (and migrates) what was put back.
    KCHECK(master::sqlite::open_backend(target));
    return {};
}

core::Result<void>
run_command(master::Config const& config, std::vector<std::string> const& words) {
    if (words.size() == 2 && words[0] == "backup")
        return master::sqlite::backup(config.database(), words[1]);
    if (words.size() == 2 && words[0] == "restore") return restore(config, words[1]);
    return core::fail(core::Errc::invalid, fmt::format("'{}' is no command: see --help", words[0]));
}

asio::awaitable<void> serve(master::Config config, int& code) {
    async::SystemClock const clock;
    master::App app(co_await asio::this_coro::executor, std::move(config), clock);
    auto const started = co_await app.start();
    if (started) {
        auto const signal = co_await sys::wait_for_stop_signal();
        sys::log::info("master", "stopping", {{"signal", signal}});
    } else {
        sys::log::error("master", "cannot start", {{"error", to_string(started.error())}});
        code = 1;
    }
    co_await app.stop();
}

int run(master::Config config) {
    sys::log::configure(config.log);
    asio::io_context io(1);
    int code = 0;
    asio::co_spawn(io, serve(std::move(config), code), [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    });
    io.run();
    return code;
}

int fail(core::Error const& error) {
    fmt::print(stderr, "kontena-master: {}\n", to_string(error));
    return 1;
}

int run_main(std::vector<std::string> const& arguments) {
    if (arguments.size() == 1 && arguments[0] == "git-fetch") return master::git::fetch_worker();
    auto const settings = read_all(arguments);
    if (!settings) return fail(settings.error());
    if (settings->flag("help"))
        return fmt::print("{}{}", kUsage, sys::help_text(master::options())), 0;
    if (settings->flag("version")) return fmt::print("kontena-master {}\n", KONTENA_VERSION), 0;
    auto config = master::make_config(*settings);
    if (!config) return fail(config.error());
    if (settings->flag("print-config"))
        return fmt::print("{}", sys::shown(master::options(), *settings)), 0;
    if (settings->flag("check-config")) return fmt::print("the configuration is good\n"), 0;
    if (settings->arguments.empty()) return run(std::move(*config));
    auto const done = run_command(*config, settings->arguments);
    return done ? 0 : fail(done.error());
}

} // namespace

int main(int argc, char** argv) {
    // A peer that goes away is an error of that write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run_main(std::vector<std::string>(argv + 1, argv + argc));
    } catch (std::exception const& e) {
        fmt::print(stderr, "kontena-master: {}\n", e.what());
        return 1;
    }
}
