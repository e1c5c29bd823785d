#include "core/model/service.hpp"

#include <algorithm>

namespace kontena::model {

std::shared_ptr<ServiceSpec const> Service::spec_at(std::int64_t number) const {
    auto const found = std::ranges::find(specs, number, &SpecRevision::number);
    return found == specs.end() ? nullptr : found->spec;
}

bool same_container(ServiceSpec const& a, ServiceSpec const& b) {
    if (a == b) return true;
    auto resized = a;
    resized.instances = b.instances;
    return resized == b;
}

std::string to_string(VolumeMount const& mount) {
    auto out = mount.anonymous() ? mount.path : mount.source + ":" + mount.path;
    return mount.flags.empty() ? out : out + ":" + mount.flags;
}

} // namespace kontena::model
