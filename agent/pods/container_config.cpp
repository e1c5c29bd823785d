#include "agent/pods/container_config.hpp"

#include "core/model/volume.hpp"
#include "reconciler/node/identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace kontena::agent {
namespace {

namespace node = reconciler::node;
namespace label = reconciler::node::label;
using model::ServiceSpec;

constexpr std::size_t kMaxHostname = 63;
constexpr std::int64_t kCpuPeriod = 100'000;

std::map<std::string, std::string> labels(wire::PodSpec const& pod, std::string const& name) {
    return {
        {label::container_type, node::kInstanceContainer},
        {label::container_name, name},
        {label::service_revision, std::to_string(pod.revision)},
        {label::spec_digest, node::spec_digest(*pod.spec)},
        {label::stop_grace_period, std::to_string(pod.spec->stop_grace_period)},
        {label::service_id, pod.service.str()},
        {label::service_name, pod.name},
        {label::instance_number, std::to_string(pod.number)},
        {label::stateful, pod.spec->stateful ? "1" : "0"},
        {label::stack_name, pod.stack},
        {label::grid_name, pod.grid},
    };
}

core::Result<std::vector<std::string>>
environment(wire::PodSpec const& pod, std::string_view node_name) {
    auto out = pod.spec->env;
    out.push_back("KONTENA_SERVICE_ID=" + pod.service.str());
    out.push_back("KONTENA_SERVICE_NAME=" + pod.name);
    out.push_back("KONTENA_GRID_NAME=" + pod.grid);
    out.push_back("KONTENA_PLATFORM_NAME=" + pod.grid);
    out.push_back("KONTENA_STACK_NAME=" + pod.stack);
    out.push_back(fmt::format("KONTENA_NODE_NAME={}", node_name));
    out.push_back(fmt::format("KONTENA_SERVICE_INSTANCE_NUMBER={}", pod.number));
    for (auto const& item : out) {
        if (item.size() <= kMaxEnvironmentString) continue;
        return core::fail(
            core::Errc::invalid,
            fmt::format(
                "environment variable {} is too large: {} bytes, at most {} are possible",
                item.substr(0, std::min<std::size_t>(item.find('='), 64)),
                item.size(),
                kMaxEnvironmentString
            )
        );
    }
    return out;
}

void add_ports(ServiceSpec const& spec, docker::ContainerConfig& out) {
    if (spec.net != "bridge") return;
    for (auto const& port : spec.ports) {
        auto const key = fmt::format(
            "{}/{}", port.container_port, port.protocol == model::Protocol::udp ? "udp" : "tcp"
        );
        out.ExposedPorts[key];
        out.HostConfig.PortBindings[key].push_back({port.ip, std::to_string(port.node_port)});
    }
}

/// Where the volumes of one instance come from.
class Mounts {
public:
    Mounts(wire::PodSpec const& pod, Blueprint& out)
        : pod_(pod)
        , out_(out) {}

    void add(model::VolumeMount const& mount) {
        if (!paths_.insert(mount.path).second) return;
        if (mount.bind()) return bind(mount.source, mount);
        if (mount.named()) {
            auto const name = model::instance_volume(pod_.id, mount.source);
            return volume(name, mount, {{label::volume_name, mount.source}});
        }
        if (!pod_.spec->stateful) {
            out_.config.Volumes[mount.path];
            return;
        }
        volume(node::anonymous_volume_name(pod_.id, mount.path), mount, {});
    }

private:
    void bind(std::string const& source, model::VolumeMount const& mount) {
        auto text = source + ":" + mount.path;
        if (!mount.flags.empty()) text += ":" + mount.flags;
        out_.config.HostConfig.Binds.push_back(std::move(text));
    }

    void volume(
        std::string const& name,
        model::VolumeMount const& mount,
        std::map<std::string, std::string> extra
    ) {
        bind(name, mount);
        extra.insert({
            {label::volume_path, mount.path},
            {label::service_id, pod_.service.str()},
            {label::instance_number, std::to_string(pod_.number)},
            {label::grid_name, pod_.grid},
        });
        out_.volumes.push_back({name, std::move(extra)});
    }

    wire::PodSpec const& pod_;
    Blueprint& out_;
    std::set<std::string> paths_;
};

void add_resources(ServiceSpec const& spec, docker::HostConfig& out) {
    out.Memory = spec.memory.value_or(0);
    out.MemorySwap = spec.memory_swap.value_or(0);
    out.ShmSize = spec.shm_size.value_or(0);
    out.CpuShares = spec.cpu_shares.value_or(0);
    if (spec.cpus) {
        out.CpuPeriod = kCpuPeriod;
        out.CpuQuota = std::llround(*spec.cpus * static_cast<double>(kCpuPeriod));
    }
}

} // namespace

core::Result<Blueprint> make_blueprint(
    wire::PodSpec const& pod,
    std::string_view node_name,
    std::vector<std::string> const& image_volumes
) {
    auto const& spec = *pod.spec;
    Blueprint out{.name = node::container_name(pod.id)};
    auto& config = out.config;
    KTRY(config.Env, environment(pod, node_name));
    config.Image = spec.image;
    config.User = spec.user;
    if (!spec.entrypoint.empty()) config.Entrypoint = std::vector{spec.entrypoint};
    if (!spec.cmd.empty()) config.Cmd = spec.cmd;
    config.Labels = labels(pod, out.name);
    if (spec.net != "host")
        config.Hostname = fmt::format("{}-{}", pod.name, pod.number).substr(0, kMaxHostname);
    if (!spec.stop_signal.empty()) config.StopSignal = spec.stop_signal;
    config.StopTimeout = spec.stop_grace_period;
    add_ports(spec, config);
    Mounts mounts(pod, out);
    for (auto const& mount : spec.volumes) mounts.add(mount);
    if (spec.stateful) {
        for (auto const& path : image_volumes) mounts.add({.path = path});
    }
    auto& host = config.HostConfig;
    add_resources(spec, host);
    host.NetworkMode = spec.net;
    host.PidMode = spec.pid;
    host.Privileged = spec.privileged;
    host.ReadonlyRootfs = spec.read_only;
    host.CapAdd = spec.cap_add;
    host.CapDrop = spec.cap_drop;
    if (!spec.log_driver.empty()) host.LogConfig = {spec.log_driver, spec.log_opts};
    return out;
}

} // namespace kontena::agent
