#pragma once

#include "cli/commands/context.hpp"
#include "cli/outside/grid_data.hpp"
#include "cli/outside/shelf.hpp"
#include "stackfile/outside.hpp"

#include <map>
#include <optional>
#include <string>

namespace kontena::cli {

/// The machine of whoever runs the command, as stack files see it: environment, files, terminal,
/// other stack files, and a grid when there is one.
class Workstation : public stackfile::Outside {
public:
    /// Borrows what the context has. Without `grid` nothing is asked of a master, and the built-in
    /// PLATFORM does not depend on the environment.
    Workstation(Context& context, GridData* grid);

    /// Of files that were read, by the names that messages have.
    std::map<std::string, std::string> const& texts() const { return texts_; }

    std::optional<std::string> env(std::string_view name) override;
    core::Result<std::string> file(std::string const& path) override;
    core::Result<std::string>
    beside(stackfile::Document const& document, std::string const& path) override;
    core::Result<stackfile::Document>
    load(stackfile::Document const& from, std::string const& reference) override;
    core::Result<stackfile::Value> ask(stackfile::Question const& question) override;
    core::Result<std::string> random(std::size_t bytes) override;
    core::Result<stackfile::Value> secret(std::string const& name) override;
    core::Result<std::vector<std::string>> secret_names() override;
    core::Result<std::vector<std::string>> certificate_subjects() override;
    core::Result<std::vector<stackfile::OfferedService>> services() override;
    core::Result<stackfile::Value>
    service_instances(std::string const& stack, std::string const& service) override;

private:
    Context& context_;
    GridData* grid_;
    Shelf shelf_;
    std::map<std::string, std::string> texts_;
};

} // namespace kontena::cli
