#include "cli/app.hpp"

#include "cli/commands/command.hpp"
#include "cli/render/issues.hpp"

#include <fmt/format.h>

namespace kontena::cli {
namespace {

std::vector<Entry> entries() {
    std::vector<Entry> out;
    for (auto const group :
         {master_commands(),
          grid_commands(),
          node_commands(),
          source_commands(),
          stack_commands(),
          stack_file_commands(),
          service_commands(),
          plan_commands(),
          event_commands(),
          general_commands()})
        out.insert(out.end(), group.begin(), group.end());
    return out;
}

bool debug_from(EnvLookup const& env) {
    auto const text = env("DEBUG").value_or("");
    return !text.empty() && text != "false";
}

awaitable<int> run_command(Surroundings const& around, Entry entry, args::Run run) {
    auto& terminal = around.terminal;
    auto const debug = run.debug || debug_from(around.env);
    auto const path = config_path(around.env);
    auto config = load_config(path);
    if (!config) {
        terminal.err << render::error(config.error(), terminal.err_style);
        co_return kFailed;
    }
    Context context{
        .terminal = terminal,
        .env = around.env,
        .config_file = path,
        .config = std::move(*config),
        .connect = [&around, debug](Server const& server) { return around.connect(server, debug); },
        .now = around.now,
        .sleep = around.sleep,
        .args = std::move(run.values),
        .fetch = around.fetch,
        .run_program = around.run_program,
    };
    auto const code = co_await entry.run(context);
    terminal.out << std::flush;
    if (code) co_return *code;
    terminal.err << render::error(code.error(), terminal.err_style);
    co_return kFailed;
}

} // namespace

std::vector<args::Command> command_table() {
    std::vector<args::Command> out;
    for (auto const& entry : entries()) out.push_back(entry.command);
    return out;
}

awaitable<int> run(Surroundings const& around, std::vector<std::string> words) {
    auto const table = command_table();
    auto outcome = args::parse(table, words, around.env);
    if (auto const* wrong = std::get_if<args::UsageError>(&outcome)) {
        around.terminal.err << args::render(*wrong);
        co_return kFailed;
    }
    if (auto const* help = std::get_if<args::Help>(&outcome)) {
        around.terminal.out << args::help(table, help->words);
        co_return kOk;
    }
    if (std::holds_alternative<args::Version>(outcome)) {
        around.terminal.out << "kontena-cli " KONTENA_VERSION " [native]\n";
        co_return kOk;
    }
    auto& chosen = std::get<args::Run>(outcome);
    auto entry = entries().at(chosen.command);
    co_return co_await run_command(around, entry, std::move(chosen));
}

} // namespace kontena::cli
