#include "core/model/volume.hpp"

#include <fmt/format.h>

namespace kontena::model {

std::string instance_volume(core::InstanceId const& instance, std::string_view volume) {
    auto const service = core::service_of(instance);
    auto const stack = core::stack_of(service);
    return fmt::format("{}.{}.{}-{}", stack.leaf(), service.leaf(), volume, instance.leaf());
}

} // namespace kontena::model
