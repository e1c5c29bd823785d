#pragma once

#include "agent/docker/types.hpp"
#include "core/base/result.hpp"
#include "core/wire/messages.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::agent {

/// Longest environment string (`KEY=value`) that Linux passes to a program.
inline constexpr std::size_t kMaxEnvironmentString = 131'072;

/// An engine volume that has to exist before the container does.
struct WantedVolume {
    std::string name;
    std::map<std::string, std::string> labels;
};

/// What an instance is created from.
struct Blueprint {
    std::string name;
    docker::ContainerConfig config;
    std::vector<WantedVolume> volumes;
};

/// Pure. `image_volumes` are the paths that the image declares: for a stateful service they become
/// volumes of the instance, so that data survives the container. Errc::invalid if the engine could
/// not run it whatever happens.
core::Result<Blueprint> make_blueprint(
    wire::PodSpec const& pod,
    std::string_view node_name,
    std::vector<std::string> const& image_volumes
);

} // namespace kontena::agent
