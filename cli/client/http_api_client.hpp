#pragma once

#include "cli/client/api_client.hpp"

#include <functional>

namespace kontena::cli {

struct HttpApiOptions {
    std::string url;
    std::string token;
    Trust trust;
    /// Gets one line per request and reply; empty = no tracing.
    std::function<void(std::string const&)> trace;
};

/// Speaks HTTP/1.1 to the master.
core::Result<std::unique_ptr<ApiClient>> make_http_client(HttpApiOptions options);

} // namespace kontena::cli
