#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The small languages inside the values of a Compose file.
namespace kontena::stackfile::compose {

/// The words as one command line that a shell splits into them again.
std::string shell_line(std::vector<std::string> const& words);

struct Seconds {
    std::int64_t whole = 0;
    bool rounded = false; ///< up
};

/// `1m30s`, `90`, `1m0.5s`, `500ms`. Nullopt also for more than ten years.
std::optional<Seconds> whole_seconds(std::string_view duration);

/// `512m`, `1gb`, `1.5g`, `1024`: as a stack file writes sizes.
std::optional<std::string> size_text(std::string_view size);

/// The ports of `8000-8002`, or of one number; empty when it is neither or too many.
std::vector<int> port_range(std::string_view text);

/// What a health check by `curl`, `wget` or `nc` asks.
struct Probe {
    bool http = false;
    std::int64_t port = 0;
    std::string uri = {};
};

std::optional<Probe> probe_of(std::vector<std::string> const& command);

} // namespace kontena::stackfile::compose
