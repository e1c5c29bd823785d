#pragma once

#include "cli/client/api_client.hpp"
#include "stackfile/outside.hpp"

#include <map>
#include <string>
#include <vector>

namespace kontena::cli {

/// What stack files may ask of a grid. Blocks. What a master does not have, or does not want to
/// give, is not there.
class GridData {
public:
    GridData(Connect connect, Server server, std::string grid)
        : connect_(std::move(connect))
        , server_(std::move(server))
        , grid_(std::move(grid)) {}

    std::string const& grid() const { return grid_; }

    stackfile::Value secret(std::string const& name);
    std::vector<std::string> secret_names();
    std::vector<std::string> certificate_subjects();
    std::vector<stackfile::OfferedService> services();
    stackfile::Value service_instances(std::string const& stack, std::string const& service);

    /// The variables of an installed stack, those of its children as `child.name`.
    core::Result<std::map<std::string, stackfile::Value>> variables(std::string const& stack);

private:
    core::Result<boost::json::value> get(std::string path);
    std::vector<std::string> texts(std::string path, std::string_view list, std::string_view key);

    Connect connect_;
    Server server_;
    std::string grid_;
};

} // namespace kontena::cli
