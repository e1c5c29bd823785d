#pragma once

#include "core/base/ids.hpp"
#include "core/model/service_spec.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// What an agent decides about the containers of its host: names, labels, and the next step of
/// each instance. Pure.
namespace kontena::reconciler::node {

using Labels = std::map<std::string, std::string>;

/// Labels of containers and volumes. They are stored in every engine, so none is ever reused.
namespace label {
inline constexpr auto container_type = "io.kontena.container.type";
inline constexpr auto container_name = "io.kontena.container.name";
inline constexpr auto service_revision = "io.kontena.container.service_revision";
inline constexpr auto spec_digest = "io.kontena.container.spec_digest";
inline constexpr auto stop_grace_period = "io.kontena.container.stop_grace_period";
inline constexpr auto service_id = "io.kontena.service.id";
inline constexpr auto service_name = "io.kontena.service.name";
inline constexpr auto instance_number = "io.kontena.service.instance_number";
inline constexpr auto stateful = "io.kontena.service.stateful";
inline constexpr auto stack_name = "io.kontena.stack.name";
inline constexpr auto grid_name = "io.kontena.grid.name";
inline constexpr auto volume_name = "io.kontena.volume.name";
inline constexpr auto volume_path = "io.kontena.volume.path";
} // namespace label

/// Value of label container_type on the containers of instances.
inline constexpr auto kInstanceContainer = "container";

/// `shop.web-3`
std::string container_name(std::string_view stack, std::string_view service, int number);
std::string container_name(core::InstanceId const& id);

/// Engine volume behind an anonymous volume of a stateful service: the same for each container of
/// the instance, so that its data outlives them.
std::string anonymous_volume_name(core::InstanceId const& id, std::string_view path);

/// What a container was made from. Members that have their default are left out, so that a build
/// which adds a member to the spec keeps the containers that exist.
std::string spec_digest(model::ServiceSpec const& spec);

/// Which instance a container is, as its labels say.
struct Identity {
    core::InstanceId id;
    std::int64_t revision = 0;
    std::string digest;
    std::int64_t stop_grace_period = 10;
    bool stateful = false;
};

/// Empty unless the container is one of ours: of this grid, with complete labels, and with the
/// name that they say. (An image that was committed from one of ours hands its labels on.)
std::optional<Identity>
identify(std::string_view name, Labels const& labels, std::string_view grid);

} // namespace kontena::reconciler::node
