#pragma once

#include "core/base/result.hpp"
#include "core/base/time.hpp"

#include <functional>
#include <string>

namespace kontena::cli {

/// Gets the text behind an http or https address; blocks. `accept` is the media type that is asked
/// for. Errors say what the server said: Errc::not_found for 404.
using Fetch =
    std::function<core::Result<std::string>(std::string const& url, std::string const& accept)>;

/// Over the network; each request takes at most `limit`. Follows a few redirects, but never from
/// https to http. A web page is an error: it is not what was meant.
Fetch fetch_over_network(core::Millis limit);

} // namespace kontena::cli
