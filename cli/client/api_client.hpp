#pragma once

#include "cli/config/config.hpp"
#include "core/async/asio.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kontena::cli {

/// For the first byte of an answer: ordinary requests, and those that fetch or compute a lot.
inline constexpr core::Millis kOrdinaryLimit{10'000};
inline constexpr core::Millis kLongLimit{90'000};

/// One request to the master's API. `path` begins behind `/v1/`, or with a slash at the root.
struct ApiRequest {
    std::string method = "GET";
    std::string path;
    std::optional<boost::json::value> body = {};
    core::Millis limit = kOrdinaryLimit; ///< until the answer begins
};

/// The master, as commands see it. Errors say what the master said, with the issues of a refused
/// stack.
class ApiClient {
public:
    virtual ~ApiClient() = default;

    /// Null for an empty reply.
    virtual awaitable<core::Result<boost::json::value>> request(ApiRequest request) = 0;

    /// Calls `line` for each line of a reply that does not end by itself. Returns when it was cut
    /// off (Errc::unavailable), refused, or when `line` returns false.
    virtual awaitable<core::Result<>>
    follow(std::string path, std::function<bool(std::string_view)> line) = 0;
};

/// Makes a client for a master.
using Connect = std::function<core::Result<std::unique_ptr<ApiClient>>(Server const& server)>;

/// The error that a reply with another status than 200, 201 and 204 stands for.
core::Error error_of_reply(int status, std::string_view body, std::string_view path);

/// Joins escaped segments: `stacks/prod/shop`.
std::string api_path(std::initializer_list<std::string_view> segments);

} // namespace kontena::cli
