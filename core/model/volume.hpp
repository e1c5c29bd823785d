#pragma once

#include "core/base/ids.hpp"

#include <boost/describe.hpp>

#include <string>
#include <string_view>

namespace kontena::model {

/// What has one volume of its own.
enum class VolumeScope { instance, stack, grid };
BOOST_DESCRIBE_ENUM(VolumeScope, instance, stack, grid)

/// What services may mount by name. A name that is no volume of the grid stands for one that the
/// engine of the host makes for each instance.
struct Volume {
    std::string name;
    VolumeScope scope = VolumeScope::instance;
    std::string driver = "local";

    friend bool operator==(Volume const&, Volume const&) = default;
};
BOOST_DESCRIBE_STRUCT(Volume, (), (name, scope, driver))

/// What the engine calls a volume that one instance has to itself: `shop.db.data-1`.
std::string instance_volume(core::InstanceId const& instance, std::string_view volume);

} // namespace kontena::model
