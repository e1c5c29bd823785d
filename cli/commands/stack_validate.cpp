#include "cli/commands/stack_options.hpp"
#include "cli/commands/stack_tools.hpp"
#include "cli/render/problems.hpp"
#include "core/yaml/emit.hpp"
#include "core/yaml/make.hpp"
#include "stackfile/grid/grid_file.hpp"
#include "stackfile/payload.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kontena::cli {

namespace bj = boost::json;
using core::Errc;
using core::Result;
using stackfile::FileReading;
using yaml::YamlNode;

namespace {

/// What stands in for a grid when there is none.
constexpr auto kNoGrid = "validate";

YamlNode dependency_list(std::vector<stackfile::Dependency> const& list) {
    auto out = yaml::make_list({});
    for (auto const& child : list) {
        auto made = yaml::make_map();
        yaml::put(made, "name", yaml::make_text(child.installed_name));
        yaml::put(made, "stack", yaml::make_text(child.document.reference));
        if (!child.depends.empty()) yaml::put(made, "depends", dependency_list(child.depends));
        out.items.push_back(std::move(made));
    }
    return out;
}

/// Only how the files name each other; nothing else of them is looked at.
Result<int> show_dependencies(
    Context& context,
    std::vector<stackfile::Document> const& documents,
    stackfile::Input const& base
) {
    for (auto const& document : documents) {
        if (stackfile::grid::is_grid_file(document.text)) {
            context.warn(fmt::format(
                "{}: a grid file: what its stacks depend on is in their files", document.file
            ));
            continue;
        }
        auto const input = stackfile::input_for(base, document);
        auto const tree = stackfile::dependency_tree(input);
        if (!tree.errors.empty())
            return core::fail(Errc::invalid, "the dependencies cannot be read", tree.errors);
        auto out = yaml::make_map();
        yaml::put(out, "name", yaml::make_text(tree.name));
        yaml::put(out, "stack", yaml::make_text(document.reference));
        if (!tree.list.empty()) yaml::put(out, "depends", dependency_list(tree.list));
        context.out() << "---\n" << yaml::emit(out);
    }
    return kOk;
}

void show_document(Context& context, FileReading const& one, bool sources) {
    context.out() << "---\n";
    if (sources) context.out() << "# " << one.document.reference << "\n";
    context.out() << yaml::emit(one.reading.document);
}

/// What a master of this version does with it comes last.
void show_summary(Context& context, StackReadings const& readings) {
    for (auto const& one : readings.files) {
        auto const count = one.reading.normal->services.size();
        auto const beyond = one.reading.beyond.size();
        context.err() << fmt::format(
            "{}: stack {} is valid ({} service{}){}\n",
            one.document.file,
            one.name,
            count,
            count == 1 ? "" : "s",
            beyond == 0 ? "" : ", but this version of Kontena refuses it"
        );
    }
    for (auto const& file : readings.grid_files)
        context.err() << fmt::format("{}: grid file is valid\n", file.file);
    if (readings.beyond.empty()) return;
    auto const count = readings.beyond.size();
    context.warn(fmt::format(
        "{} warning{} above {} of what does not exist yet: stack apply and Git sources refuse such "
        "a stack, as it would run as something else than what it says",
        count,
        count == 1 ? "" : "s",
        count == 1 ? "is" : "are"
    ));
}

void print_problems(
    Context& context,
    std::vector<render::Problem> const& errors,
    std::vector<render::Problem> const& warnings
) {
    auto const waits = std::ranges::any_of(warnings, &render::Problem::not_yet);
    context.out() << json::pretty(bj::object{
        {"valid", errors.empty()},
        {"accepted", errors.empty() && !waits},
        {"errors", json::encode(errors)},
        {"warnings", json::encode(warnings)},
    });
}

Result<int> show_json(Context& context, StackReadings const& readings) {
    auto warnings = render::problems(readings.warnings, readings.texts, "warning");
    for (std::size_t i = 0; i < warnings.size(); ++i)
        warnings[i].not_yet =
            std::ranges::find(readings.beyond, readings.warnings[i]) != readings.beyond.end();
    auto const errors = render::problems(readings.errors, readings.texts, "error");
    print_problems(context, errors, warnings);
    return readings.errors.empty() ? kOk : kFailed;
}

/// What the files of the command line say; a failure is about what could not be read at all.
Result<int> check(Context& context, std::string_view format) {
    auto const& args = context.args;
    auto const online = args.flag("online");
    KTRY(auto const at, stack_world(context, online));
    auto names = args.all("FILE");
    if (names.empty()) names.emplace_back("kontena.yml");
    KTRY(auto const documents, gather_stack_files(names, *at.world, context.terminal.in));
    if (args.has("name") && documents.size() > 1)
        return core::fail(Errc::invalid, "option '--name' works with a single stack file");
    ReadOptions options{
        .purpose = Purpose::validate,
        .grid = online ? at.grid->grid() : kNoGrid,
        .stack_name = args.text("name"),
        .parent_name = args.text("parent-name"),
        .values = {},
        .choice = online ? stackfile::grid::Choice::own : stackfile::grid::Choice::every,
        .depends = args.flag("dependencies") ? stackfile::Depends::read : stackfile::Depends::leave,
    };
    if (args.flag("dependency-tree")) {
        stackfile::Input const base{
            .stack_name = options.stack_name, .grid = options.grid, .outside = at.world.get()
        };
        return show_dependencies(context, documents, base);
    }
    KTRY(options.values, all_given_values(context, at));
    auto const readings = read_stacks(documents, options, *at.world, context.terminal.err_style);
    if (readings.errors.empty()) KCHECK(write_values(context, readings));
    if (format == "json") return show_json(context, readings);
    KCHECK(tell(context, readings, ""));
    auto const sources = options.depends == stackfile::Depends::read;
    for (auto const& one : readings.files) {
        if (format == "api-json")
            context.out() << json::pretty(stackfile::payload(*one.reading.normal));
        else
            show_document(context, one, sources);
    }
    context.out() << std::flush;
    show_summary(context, readings);
    return kOk;
}

Result<int> run(Context& context) {
    KTRY(auto const format, context.choice("format", {"yaml", "api-json", "json"}));
    auto code = check(context, format);
    if (code || format != "json") return code;
    auto files = context.args.all("FILE");
    for (auto const& file : context.args.all("values-from")) files.push_back(file);
    print_problems(context, render::problems(code.error(), files), {});
    return code;
}

} // namespace

awaitable<Result<int>> validate_stacks(Context& context) { co_return run(context); }

} // namespace kontena::cli
