#include "core/base/strings.hpp"
#include "core/json/codec.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/normalise/stack.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace kontena::stackfile {
namespace {

/// Nothing given leaves the default of the model.
template <class T, class U>
void set(T& out, Field<U> const& field) {
    if (field.value) out = *field.value;
}

/// Numbers beyond the range of the model become its ends, which no rule accepts.
template <class T>
T clamped(std::int64_t number) {
    return static_cast<T>(std::clamp<std::int64_t>(
        number, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()
    ));
}

/// A port that is out of range becomes 0, which no service may have.
std::uint16_t port(std::int64_t number) {
    return number < 0 || number > 65'535 ? std::uint16_t{0} : static_cast<std::uint16_t>(number);
}

/// Names in the stack -> names in the grid.
using VolumeNames = std::map<std::string_view, std::string_view>;

std::vector<model::VolumeMount> mounts(Texts const& texts, VolumeNames const& volumes) {
    std::vector<model::VolumeMount> out;
    for (auto const& text : texts) {
        auto mount = parse_volume(text);
        out.push_back(mount ? std::move(*mount) : model::VolumeMount{});
        if (!out.back().named()) continue;
        auto const known = volumes.find(out.back().source);
        if (known != volumes.end()) out.back().source = known->second;
    }
    return out;
}

model::HealthCheck to_spec(HealthCheck const& check) {
    model::HealthCheck out;
    out.protocol = json::enum_from<model::HealthProtocol>(check.protocol.value_or(""))
                       .value_or(model::HealthProtocol::http);
    out.port = port(check.port.value_or(0));
    out.uri = check.uri.value_or(out.uri);
    out.timeout = clamped<int>(check.timeout.value_or(out.timeout));
    out.interval = clamped<int>(check.interval.value_or(out.interval));
    out.initial_delay = clamped<int>(check.initial_delay.value_or(out.initial_delay));
    return out;
}

/// True when the map says anything: `health_check: {}` is none.
bool says_something(HealthCheck const& check) { return check != HealthCheck{}; }

model::DeployOptions to_spec(Deploy const& deploy) {
    model::DeployOptions out;
    if (deploy.wait_for_port) out.wait_for_port = port(*deploy.wait_for_port);
    out.min_health = deploy.min_health.value_or(out.min_health);
    out.interval = deploy.interval;
    out.reschedule_after = deploy.reschedule_after;
    return out;
}

/// `3` and `1,2` are instances; `*` is all of them.
std::vector<int> hook_instances(Value const& value) {
    std::vector<int> out;
    if (auto const* number = std::get_if<std::int64_t>(&value))
        out.push_back(clamped<int>(*number));
    auto const* text = std::get_if<std::string>(&value);
    if (text == nullptr || *text == "*") return out;
    for (auto const part : core::split(*text, ',')) {
        auto const digits = core::trim(part);
        int number = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
        out.push_back(number);
    }
    return out;
}

/// `pre_build` runs where images are built, so the model does not have it.
model::Hooks to_spec(std::vector<HookPoint> const& points) {
    model::Hooks out;
    for (auto const& point : points) {
        auto* const list = point.name == "pre_start"    ? &out.pre_start
                           : point.name == "post_start" ? &out.post_start
                           : point.name == "pre_stop"   ? &out.pre_stop
                                                        : nullptr;
        if (list == nullptr || !point.hooks) continue;
        for (auto const& hook : *point.hooks)
            list->push_back(
                {hook.name, hook.cmd, hook_instances(hook.instances), hook.oneshot.value_or(false)}
            );
    }
    return out;
}

std::map<std::string, std::string> texts_of(Options const& options) {
    std::map<std::string, std::string> out;
    for (auto const& [name, value] : options) out.insert_or_assign(name, to_text(value));
    return out;
}

model::ServiceSpec to_spec(Service const& service, VolumeNames const& volumes) {
    model::ServiceSpec out;
    set(out.image, service.image);
    set(out.stateful, service.stateful);
    if (service.instances.value) out.instances = clamped<int>(*service.instances.value);
    set(out.user, service.user);
    set(out.entrypoint, service.entrypoint);
    set(out.cmd, service.cmd);
    set(out.env, service.env);
    set(out.ports, service.ports);
    if (service.volumes.value) out.volumes = mounts(*service.volumes.value, volumes);
    set(out.volumes_from, service.volumes_from);
    set(out.secrets, service.secrets);
    set(out.certificates, service.certificates);
    if (service.hooks.value) out.hooks = to_spec(*service.hooks.value);
    set(out.affinity, service.affinity);
    out.links = all_links(service);
    if (auto const& deploy = service.deploy.value) {
        out.strategy = json::enum_from<model::Strategy>(deploy->strategy.value_or(""))
                           .value_or(model::Strategy::ha);
        out.deploy_opts = to_spec(*deploy);
    }
    if (auto const& check = service.health_check.value; check && says_something(*check))
        out.health_check = to_spec(*check);
    set(out.cpus, service.cpus);
    if (service.cpu_shares.value) out.cpu_shares = clamped<int>(*service.cpu_shares.value);
    set(out.memory, service.memory);
    set(out.memory_swap, service.memory_swap);
    set(out.shm_size, service.shm_size);
    set(out.privileged, service.privileged);
    set(out.read_only, service.read_only);
    set(out.cap_add, service.cap_add);
    set(out.cap_drop, service.cap_drop);
    set(out.net, service.net);
    set(out.pid, service.pid);
    if (auto const& logging = service.logging.value) {
        out.log_driver = logging->driver.value_or("");
        if (logging->options) out.log_opts = texts_of(*logging->options);
    }
    set(out.stop_signal, service.stop_signal);
    if (service.stop_grace_period.value)
        out.stop_grace_period = parse_seconds(*service.stop_grace_period.value)
                                    .value_or(std::int64_t{out.stop_grace_period});
    return out;
}

} // namespace

model::StackSpec to_spec(Stack const& stack) {
    VolumeNames volumes;
    for (auto const& volume : stack.volumes) volumes.emplace(volume.name, volume.external);
    model::StackSpec out{
        .name = stack.name,
        .stack = stack.stack,
        .version = stack.version,
        .labels = stack.labels,
        .expose = stack.expose,
        .variables = stack.variable_texts,
        .source = stack.source,
        .origin = stack.origin,
    };
    for (auto const& service : stack.services)
        out.services.push_back({service.name, to_spec(*service.spec, volumes), service.origin});
    return out;
}

} // namespace kontena::stackfile
