#include "cli/commands/stack_options.hpp"

#include "core/sys/files.hpp"

#include <fmt/format.h>

namespace kontena::cli {

using core::Errc;
using core::Result;
using stackfile::Value;

namespace {

constexpr std::uint32_t kOwnerOnly = 0600; ///< values may be passwords

} // namespace

Result<StackWorld> stack_world(Context& context, bool online) {
    StackWorld out;
    if (online) {
        KTRY(auto const session, context.session());
        KTRY(auto grid, context.grid());
        out.grid = std::make_unique<GridData>(context.connect, session.server, std::move(grid));
    }
    out.world = std::make_unique<Workstation>(context, out.grid.get());
    return out;
}

Result<std::map<std::string, Value>> all_given_values(Context& context, StackWorld const& world) {
    std::map<std::string, Value> out;
    auto const add = [&](std::map<std::string, Value> const& values) {
        for (auto const& [name, value] : values) out.insert_or_assign(name, value);
    };
    for (auto const& stack : context.args.all("values-from-stack")) {
        if (world.grid == nullptr)
            return core::fail(
                Errc::invalid, "option '--values-from-stack' needs a master: add --online"
            );
        auto values = world.grid->variables(stack);
        if (!values)
            return std::move(values.error()).with_context("reading the values of stack " + stack);
        if (values->empty()) context.warn(fmt::format("stack {} has no variables", stack));
        add(*values);
    }
    for (auto const& file : context.args.all("values-from")) {
        KTRY(auto const values, values_of_file(file));
        add(values);
    }
    add(given_values(context.args.all("variable")));
    return out;
}

Result<> tell(Context& context, StackReadings const& readings, std::string_view then) {
    context.err() << readings.report;
    if (readings.errors.empty()) return {};
    auto const count = readings.errors.size();
    return core::fail(
        Errc::invalid,
        fmt::format("validation failed: {} problem{}{}", count, count == 1 ? "" : "s", then)
    );
}

Result<> write_values(Context& context, StackReadings const& readings) {
    auto const file = context.args.get("values-to");
    if (!file) return {};
    if (readings.given != 1 || readings.files.empty() || !readings.grid_files.empty())
        return core::fail(Errc::invalid, "option '--values-to' works with a single stack file");
    auto const& stack = readings.files.back().reading.normal;
    if (!stack) return {};
    return sys::write_file(*file, values_text(*stack), kOwnerOnly);
}

} // namespace kontena::cli
