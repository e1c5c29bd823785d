#include "agent/app.hpp"
#include "core/async/task_group.hpp"
#include "core/sys/log.hpp"
#include "core/sys/signals.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <malloc.h>
#include <unistd.h>

namespace {

using namespace kontena;
namespace log = sys::log;

agent::Environment environment() {
    agent::Environment out;
    for (char** item = environ; *item != nullptr; ++item) {
        std::string_view const text = *item;
        auto const equals = text.find('=');
        if (equals != std::string_view::npos)
            out.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return out;
}

awaitable<void> serve(agent::Config config, int* exit_code) {
    auto const executor = co_await asio::this_coro::executor;
    auto app = agent::App::make(executor, std::move(config));
    if (!app) {
        log::error("agent", "cannot start", {{"reason", core::to_string(app.error())}});
        *exit_code = 1;
        co_return;
    }
    log::info("agent", "started", {{"version", KONTENA_VERSION}});
    (*app)->start();
    auto const signal = co_await sys::wait_for_stop_signal();
    log::info("agent", "stopping; containers run on", {{"signal", signal}});
    co_await (*app)->stop();
}

int run(agent::Config config) {
    // One thread does nearly all the work: more arenas would only hold memory.
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_TRIM_THRESHOLD, 256 * 1024);
    ::mallopt(M_MMAP_THRESHOLD, 64 * 1024);
    log::configure(config.log);
    int exit_code = 0;
    asio::io_context context(1);
    async::TaskGroup tasks(context.get_executor(), [&](std::string_view, std::string_view what) {
        log::error("agent", "failed", {{"reason", what}});
        exit_code = 1;
    });
    tasks.spawn("main", serve(std::move(config), &exit_code));
    context.run();
    return exit_code;
}

} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    auto line = agent::load_config(arguments, environment());
    if (!line) {
        std::fprintf(stderr, "kontena-agent: %s\n", line.error().message.c_str());
        for (auto const& issue : line.error().issues)
            std::fprintf(stderr, "  %s\n", core::to_string(issue).c_str());
        return 2;
    }
    switch (line->mode) {
    case agent::Mode::help:
        std::fputs(agent::usage().c_str(), stdout);
        return 0;
    case agent::Mode::version:
        std::puts("kontena-agent " KONTENA_VERSION);
        return 0;
    case agent::Mode::check_config:
        std::puts("the configuration is fine");
        return 0;
    case agent::Mode::run:
        break;
    }
    return run(std::move(line->config));
}
