#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"

#include <boost/describe.hpp>

#include <string>
#include <vector>

namespace kontena::model {

/// A cluster. Name, subnet and supernet never change.
struct Grid {
    core::GridId id;
    std::string name;
    int initial_size = 1;
    std::string subnet = "10.81.0.0/16";
    std::string supernet = "10.80.0.0/12";
    std::vector<std::string> default_affinity; ///< for services without their own
    std::vector<std::string> trusted_subnets;
    std::string token_hash; ///< SHA-256 of the grid token, which lets agents join
    core::TimePoint created_at;
    core::TimePoint updated_at;
};
BOOST_DESCRIBE_STRUCT(
    Grid,
    (),
    (id,
     name,
     initial_size,
     subnet,
     supernet,
     default_affinity,
     trusted_subnets,
     token_hash,
     created_at,
     updated_at)
)

} // namespace kontena::model
