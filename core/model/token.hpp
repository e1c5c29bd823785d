#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"

#include <boost/describe.hpp>

#include <optional>
#include <string>

namespace kontena::model {

/// An API token, known by the digest of its text.
struct Token {
    core::TokenId id;
    std::string name;
    std::string hash; ///< SHA-256 of the token
    std::string last_four;
    core::TimePoint created_at;
    std::optional<core::TimePoint> expires_at;
};
BOOST_DESCRIBE_STRUCT(Token, (), (id, name, hash, last_four, created_at, expires_at))

} // namespace kontena::model
