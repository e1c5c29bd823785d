#include "stackfile/host_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace kontena::stackfile {
namespace {

constexpr std::size_t kShortestGrid = 3;

} // namespace

std::vector<core::Issue> long_host_names(model::StackSpec const& stack, std::string_view grid) {
    auto const known = !grid.empty() && grid != kNoGrid;
    auto const shortest = std::string(kShortestGrid, '?');
    std::vector<core::Issue> out;
    for (auto const& service : stack.services) {
        auto const name = fmt::format(
            "{}-{}.{}.{}.kontena.local",
            service.name,
            std::max(service.spec.instances, 1),
            stack.name,
            known ? grid : std::string_view(shortest)
        );
        if (name.size() <= kMaxHostName) continue;
        out.push_back(
            {.path = "services." + service.name,
             .reason = fmt::format(
                 "the host name {} has {} characters, {} are allowed: shorten the name of the "
                 "service or of the stack",
                 name,
                 name.size(),
                 kMaxHostName
             ),
             .file = service.origin.file,
             .line = service.origin.line}
        );
    }
    return out;
}

} // namespace kontena::stackfile
