#pragma once

#include "core/model/stack_spec.hpp"

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <vector>

namespace kontena::model {

/// What a grid file wants of its grid; what it does not mention stays as it is. Size and subnets
/// never change: they are held against the grid.
struct GridSettings {
    std::optional<int> initial_size;
    std::optional<std::string> subnet;
    std::optional<std::string> supernet;
    std::optional<std::vector<std::string>> default_affinity;
    std::optional<std::vector<std::string>> trusted_subnets;
    Origin origin;

    friend bool operator==(GridSettings const&, GridSettings const&) = default;
};
BOOST_DESCRIBE_STRUCT(
    GridSettings, (), (initial_size, subnet, supernet, default_affinity, trusted_subnets, origin)
)

} // namespace kontena::model
