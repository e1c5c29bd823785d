#include "reconciler/node/identity.hpp"

#include "core/base/digest.hpp"
#include "core/json/codec.hpp"
#include "core/model/volume.hpp"

#include <charconv>

namespace kontena::reconciler::node {
namespace {

std::string value(Labels const& labels, char const* key) {
    auto const it = labels.find(key);
    return it == labels.end() ? std::string{} : it->second;
}

template <class T>
std::optional<T> number(std::string_view text) {
    T out{};
    auto const* const end = text.data() + text.size();
    auto const [stop, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc{} || stop != end || text.empty()) return std::nullopt;
    return out;
}

core::ServiceId service(core::InstanceId const& id) { return core::service_of(id); }

} // namespace

std::string container_name(std::string_view stack, std::string_view service_name, int number) {
    return fmt::format("{}.{}-{}", stack, service_name, number);
}

std::string container_name(core::InstanceId const& id) {
    auto const owner = service(id);
    return fmt::format("{}.{}-{}", core::stack_of(owner).leaf(), owner.leaf(), id.leaf());
}

std::string anonymous_volume_name(core::InstanceId const& id, std::string_view path) {
    return model::instance_volume(
        id, fmt::format("anonymous.{}", core::content_digest(path).substr(0, 12))
    );
}

std::string spec_digest(model::ServiceSpec const& spec) {
    static auto const defaults = json::encode(model::ServiceSpec{}).as_object();
    auto const all = json::encode(spec);
    boost::json::object said;
    for (auto const& [key, item] : all.as_object()) {
        if (key != "instances" && item != defaults.at(key)) said.emplace(key, item);
    }
    return core::content_digest(json::serialize(said));
}

std::optional<Identity>
identify(std::string_view name, Labels const& labels, std::string_view grid) {
    if (grid.empty() || value(labels, label::grid_name) != grid) return std::nullopt;
    if (value(labels, label::container_type) != kInstanceContainer) return std::nullopt;
    if (value(labels, label::container_name) != name) return std::nullopt;
    auto const instance = number<int>(value(labels, label::instance_number));
    auto const revision = number<std::int64_t>(value(labels, label::service_revision));
    core::ServiceId const owner(value(labels, label::service_id));
    if (!instance || !revision || owner.root() != grid) return std::nullopt;
    Identity out{
        .id = core::instance_id(owner, *instance),
        .revision = *revision,
        .digest = value(labels, label::spec_digest),
        .stateful = value(labels, label::stateful) == "1",
    };
    if (container_name(out.id) != name) return std::nullopt;
    if (auto const grace = number<std::int64_t>(value(labels, label::stop_grace_period)))
        out.stop_grace_period = *grace;
    return out;
}

} // namespace kontena::reconciler::node
