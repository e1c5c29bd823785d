#include "cli/app.hpp"
#include "cli/client/http_api_client.hpp"
#include "cli/outside/typing.hpp"
#include "core/async/task_group.hpp"
#include "core/async/timeout.hpp"
#include "core/net/url.hpp"
#include "core/sys/process.hpp"

#include <boost/asio/io_context.hpp>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sys/ioctl.h>
#include <tuple>
#include <unistd.h>

namespace {

using namespace kontena;

std::optional<std::string> environment(std::string_view name) {
    auto const* value = std::getenv(std::string(name).c_str()); // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool says(std::string_view name) { return !environment(name).value_or("").empty(); }

/// Seconds; the name is that of the original client.
core::Millis read_limit() {
    constexpr core::Millis kLimit{30'000};
    auto const text = environment("EXCON_READ_TIMEOUT").value_or("");
    int seconds = 0;
    auto const [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    auto const number = ec == std::errc{} && stop == text.data() + text.size();
    return number && seconds > 0 ? core::Millis(std::int64_t{seconds} * 1000) : kLimit;
}

/// What an interruption says. It is written only while the handler is off.
std::string last_words; // NOLINT(cert-err58-cpp)

void interrupted(int signal) {
    std::ignore = write(STDERR_FILENO, last_words.data(), last_words.size());
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void set_farewell(std::string const& text) {
    std::signal(SIGINT, SIG_DFL);
    last_words = text.empty() ? "" : "\n [warn] interrupted; " + text + "\n";
    if (!text.empty()) std::signal(SIGINT, interrupted);
}

/// Columns of the terminal; 0 = nothing is to be cut.
std::size_t columns(bool is_tty) {
    winsize size{};
    if (!is_tty || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

core::TimePoint now() {
    return std::chrono::time_point_cast<core::Millis>(std::chrono::system_clock::now());
}

bool file_exists(std::string const& path) {
    std::error_code ec;
    return std::filesystem::exists(path, ec);
}

core::Result<std::unique_ptr<cli::ApiClient>>
connect_master(cli::Server const& server, bool debug) {
    auto const url = net::parse_url(server.url);
    auto const host = url ? url->host : std::string();
    cli::HttpApiOptions options{
        .url = server.url,
        .token = server.token,
        .trust = cli::trust_for(server, host, environment, file_exists),
    };
    if (debug) options.trace = [](std::string const& line) { std::cerr << line << "\n"; };
    return cli::make_http_client(std::move(options));
}

awaitable<void>
run(cli::Surroundings const* surroundings, std::vector<std::string> words, int* code) {
    *code = co_await cli::run(*surroundings, std::move(words));
}

} // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    bool const plain = says("NO_COLOR") || says("KONTENA_SIMPLE_TERM");
    bool const out_is_tty = isatty(STDOUT_FILENO) == 1;
    cli::Terminal terminal{
        .out = std::cout,
        .err = std::cerr,
        .in = std::cin,
        .out_is_tty = out_is_tty && !says("KONTENA_SIMPLE_TERM"),
        .in_is_tty = isatty(STDIN_FILENO) == 1,
        .out_style = cli::render::Style(out_is_tty && !plain, columns(out_is_tty)),
        .err_style = cli::render::Style(isatty(STDERR_FILENO) == 1 && !plain),
        .echo = cli::show_typing,
        .farewell = set_farewell,
    };
    cli::Surroundings const surroundings{
        .terminal = terminal,
        .env = environment,
        .now = now,
        .sleep = async::sleep_for,
        .connect = connect_master,
        .fetch = cli::fetch_over_network(read_limit()),
        .run_program = sys::run_in_foreground,
    };
    asio::io_context io(1);
    int code = cli::kFailed;
    async::TaskGroup tasks(io.get_executor(), [](std::string_view, std::string_view what) {
        std::cerr << " [error] internal error : " << what << "\n";
    });
    tasks.spawn("command", run(&surroundings, {argv + 1, argv + argc}, &code));
    io.run();
    return code;
}
