#include "cli/commands/command.hpp"
#include "cli/commands/stack_options.hpp"
#include "cli/commands/stack_tools.hpp"
#include "cli/render/issues.hpp"
#include "core/base/ids.hpp"
#include "embedded/grid_file_schema.hpp"
#include "embedded/stack_file_schema.hpp"
#include "stackfile/compose/convert.hpp"
#include "stackfile/path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace kontena::cli {

using core::Errc;
using core::Result;

namespace {

constexpr std::array<args::Option, 11> kValidateOptions{
    kGridOption,
    kStackNameOption,
    kVariableOption,
    kValuesFromOption,
    kValuesFromStackOption,
    kValuesToOption,
    args::Option{
        .name = "online",
        .value = {},
        .help = "let variables ask the selected master, for the selected grid",
    },
    args::Option{.name = "dependency-tree", .value = {}, .help = "show only what depends on what"},
    args::Option{
        .name = "dependencies",
        .value = {},
        .help = "also check the stacks that it depends on",
        .negatable = true,
        .fallback = "true",
    },
    args::Option{
        .name = "format",
        .value = "FORMAT",
        .help = "yaml: the documents; api-json: what is installed; json: the problems",
        .fallback = "yaml",
    },
    args::Option{
        .name = "parent-name",
        .value = "NAME",
        .help = "of the stack that depends on it",
        .hidden = true,
    },
};
constexpr std::array<args::Param, 1> kValidateParams{
    {{"FILE",
      "a stack file, a grid file, a folder of them, user/stack of the registry, or a URL "
      "(default: kontena.yml)",
      args::Need::any}}
};

constexpr args::Option negatable(std::string_view name, std::string_view help) {
    return {.name = name, .value = {}, .help = help, .negatable = true, .fallback = "true"};
}

constexpr std::array<args::Option, 10> kBuildOptions{
    kGridOption,
    args::Option{
        .name = "file",
        .value = "FILE",
        .help = "the stack file",
        .letter = 'f',
        .fallback = "kontena.yml",
    },
    kStackNameOption,
    kVariableOption,
    kValuesFromOption,
    kValuesFromStackOption,
    negatable("cache", "use layers of earlier builds"),
    negatable("push", "push the images to their registries"),
    negatable("pull", "look for newer base images"),
    args::Option{
        .name = "sudo",
        .value = {},
        .help = "run docker with sudo",
        .negatable = true,
        .env = "KONTENA_SUDO",
    },
};
constexpr std::array<args::Param, 1> kBuildParams{
    {{"SERVICE", "which to build (default: all that have build)", args::Need::any}}
};

constexpr std::array<args::Option, 1> kConvertOptions{args::Option{
    .name = "name",
    .value = "NAME",
    .help = "of the stack (default: that of the file, or of its folder)",
    .letter = 'n',
}};
constexpr std::array<args::Param, 1> kConvertParams{
    {{"FILE", "a docker-compose file (version 2 or 3)"}}
};
constexpr std::array<args::Param, 1> kSchemaParams{
    {{"FORMAT", "stack or grid (default: stack)", args::Need::maybe}}
};

/// The folder's name in lower case, as names of stacks are.
std::string folder_name(stackfile::Document const& document) {
    auto out = std::filesystem::path(document.directory).filename().string();
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out.empty() ? "stack" : out;
}

/// Says what the stack file that was made still lacks, as if it were saved beside the Compose file.
void check_result(
    Context& context,
    stackfile::compose::Conversion const& made,
    stackfile::Document const& compose,
    Workstation& world
) {
    ReadOptions options{.grid = "validate", .stack_name = {}, .parent_name = {}, .values = {}};
    for (auto const& [name, value] : made.examples) options.values.emplace(name, value);
    stackfile::Document const document{
        made.text, "(the stack file)", compose.reference, compose.directory
    };
    auto const readings = read_stacks({document}, options, world, context.terminal.err_style);
    if (readings.errors.empty()) return;
    context.err() << "\nThe stack file is not valid yet:\n" << readings.report;
}

/// The `--name` that was given; empty when there is none.
Result<std::string> given_name(Context const& context) {
    auto name = context.args.text("name");
    if (name.empty() || core::valid_name(name)) return name;
    return core::fail(
        Errc::invalid,
        fmt::format(
            "'{}' is not a stack name: use 1 to 63 letters, digits, '_' and '-', not starting "
            "with '-'",
            name
        )
    );
}

awaitable<Result<int>> convert(Context& context) {
    KCO_TRY(auto const at, stack_world(context, false));
    KCO_TRY(auto const given, given_name(context));
    KCO_TRY(
        auto const documents,
        gather_stack_files({context.args.text("FILE")}, *at.world, context.terminal.in)
    );
    auto const& document = documents.front();
    stackfile::compose::StackName const name{.given = given, .otherwise = folder_name(document)};
    auto const made = stackfile::compose::convert(document.text, document.file, name);
    auto const style = context.terminal.err_style;
    context.err() << render::issues(made.errors, document.text, style, render::Colour::red);
    if (!made.errors.empty())
        co_return core::fail(Errc::invalid, fmt::format("{} cannot be converted", document.file));
    context.out() << made.text << std::flush;
    context.err() << render::issues(made.notes, document.text, style, render::Colour::yellow);
    if (!made.notes.empty())
        context.err() << fmt::format(
            "{} note{}: read them before you use the stack file\n",
            made.notes.size(),
            made.notes.size() == 1 ? "" : "s"
        );
    check_result(context, made, document, *at.world);
    co_return kOk;
}

awaitable<Result<int>> schema(Context& context) {
    auto const format = context.args.text("FORMAT");
    if (format == "grid")
        context.out() << grid_file_schema;
    else if (format.empty() || format == "stack")
        context.out() << stack_file_schema;
    else
        co_return core::fail(Errc::invalid, fmt::format("'{}' is not stack or grid", format));
    co_return kOk;
}

constexpr std::array<Entry, 4> kCommands{{
    {{"stack validate",
      "Check stack files and grid files, without a master",
      kValidateOptions,
      kValidateParams},
     validate_stacks},
    {{"stack build", "Build and push the images of a stack", kBuildOptions, kBuildParams},
     build_stack},
    {{"stack convert", "Make a stack file of a docker-compose file", kConvertOptions, kConvertParams
     },
     convert},
    {{"stack schema", "Print the JSON schema of stack files or grid files", {}, kSchemaParams},
     schema},
}};

} // namespace

std::span<Entry const> stack_file_commands() { return kCommands; }

} // namespace kontena::cli
