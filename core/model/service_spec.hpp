#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace kontena::model {

enum class Strategy {
    ha,     ///< spread over zones, then nodes
    daemon, ///< `instances` on each eligible node
    random, ///< anywhere, and stay there
};
BOOST_DESCRIBE_ENUM(Strategy, ha, daemon, random)

enum class Protocol { tcp, udp };
BOOST_DESCRIBE_ENUM(Protocol, tcp, udp)

enum class HealthProtocol { http, tcp };
BOOST_DESCRIBE_ENUM(HealthProtocol, http, tcp)

struct PortMapping {
    std::string ip = "0.0.0.0";
    Protocol protocol = Protocol::tcp;
    std::uint16_t node_port = 0;
    std::uint16_t container_port = 0;

    friend bool operator==(PortMapping const&, PortMapping const&) = default;
};
BOOST_DESCRIBE_STRUCT(PortMapping, (), (ip, protocol, node_port, container_port))

/// Times in seconds. `interval` is never smaller than `timeout`.
struct HealthCheck {
    HealthProtocol protocol = HealthProtocol::http;
    std::uint16_t port = 0;
    std::string uri = "/";
    int timeout = 10;
    int interval = 60;
    int initial_delay = 10;

    friend bool operator==(HealthCheck const&, HealthCheck const&) = default;
};
BOOST_DESCRIBE_STRUCT(HealthCheck, (), (protocol, port, uri, timeout, interval, initial_delay))

/// What follows when a deploy fails.
enum class OnFailure {
    rollback,  ///< the last spec whose deploy succeeded is deployed again
    pause,     ///< all stays as it is at that moment
    continue_, ///< the other instances are brought to the new spec, as far as min_health allows
};
BOOST_DESCRIBE_ENUM(OnFailure, rollback, pause, continue_)

enum class RolloutOrder {
    stop_first,  ///< an instance is stopped, then its successor starts: nothing runs beside it
    start_first, ///< spare instances with higher numbers start first, and go when all is replaced
};
BOOST_DESCRIBE_ENUM(RolloutOrder, stop_first, start_first)

struct DeployOptions {
    /// The instance is ready when its container accepts TCP connections on this port.
    std::optional<std::uint16_t> wait_for_port;
    /// Share of the instances that stays available while rolling, 0.0 to 1.0.
    double min_health = 0.8;
    /// Redeploy after so many seconds, even without a change.
    std::optional<std::int64_t> interval;
    /// Seconds that a node may be offline before its stateless instances move; by default 120 for
    /// ha, 600 for daemon and 30 for random.
    std::optional<std::int64_t> reschedule_after;
    /// By default `rollback` for what came from Git, `pause` for what was applied by hand.
    std::optional<OnFailure> on_failure;
    RolloutOrder order = RolloutOrder::stop_first;
    /// Seconds for one instance to pass its gates; by default 300.
    std::optional<std::int64_t> instance_timeout;
    /// Seconds for the whole deploy; by default there is no limit.
    std::optional<std::int64_t> timeout;
    /// Label of the nodes to spread over with strategy ha; by default `az`.
    std::string spread;

    friend bool operator==(DeployOptions const&, DeployOptions const&) = default;
};
BOOST_DESCRIBE_STRUCT(
    DeployOptions,
    (),
    (wait_for_port,
     min_health,
     interval,
     reschedule_after,
     on_failure,
     order,
     instance_timeout,
     timeout,
     spread)
)

/// `source` is empty (anonymous), an absolute path (bind mount) or a volume name.
struct VolumeMount {
    std::string source;
    std::string path;
    std::string flags; ///< joined with commas: `ro`, `rw,z`

    bool anonymous() const { return source.empty(); }

    bool bind() const { return source.starts_with('/'); }

    bool named() const { return !anonymous() && !bind(); }

    friend bool operator==(VolumeMount const&, VolumeMount const&) = default;
};
BOOST_DESCRIBE_STRUCT(VolumeMount, (), (source, path, flags))

/// `[SOURCE:]PATH[:FLAGS]`, as the stack file and the API write it.
std::string to_string(VolumeMount const& mount);

/// Another service that must be deployed before this one: `service` or `stack/service`.
struct Link {
    std::string name;
    std::string alias;

    friend bool operator==(Link const&, Link const&) = default;
};
BOOST_DESCRIBE_STRUCT(Link, (), (name, alias))

/// A command of `hooks`, run in the container at a point of its life.
struct Hook {
    std::string name;
    std::string cmd;            ///< for `/bin/sh -c`
    std::vector<int> instances; ///< whose containers run it; empty = all
    bool oneshot = false;       ///< once in the life of the service

    friend bool operator==(Hook const&, Hook const&) = default;
};
BOOST_DESCRIBE_STRUCT(Hook, (), (name, cmd, instances, oneshot))

struct Hooks {
    std::vector<Hook> pre_start;
    std::vector<Hook> post_start;
    std::vector<Hook> pre_stop;

    friend bool operator==(Hooks const&, Hooks const&) = default;
};
BOOST_DESCRIBE_STRUCT(Hooks, (), (pre_start, post_start, pre_stop))

/// A secret of the grid's vault, given to the containers as the environment variable `name`.
struct SecretUse {
    std::string secret;
    std::string name;
    std::string type;

    friend bool operator==(SecretUse const&, SecretUse const&) = default;
};
BOOST_DESCRIBE_STRUCT(SecretUse, (), (secret, name, type))

/// A certificate that the grid holds, given in the same way.
struct CertificateUse {
    std::string subject;
    std::string name;
    std::string type;

    friend bool operator==(CertificateUse const&, CertificateUse const&) = default;
};
BOOST_DESCRIBE_STRUCT(CertificateUse, (), (subject, name, type))

/// What to run, how many and where: the desired state of one service, after all templating.
/// Field names are those of the API. Sizes in bytes, times in seconds.
struct ServiceSpec {
    std::string image;
    bool stateful = false;
    Strategy strategy = Strategy::ha;
    int instances = 1; ///< per node with strategy daemon; 0..10000
    std::string user;
    std::string entrypoint;
    std::vector<std::string> cmd;
    std::vector<std::string> env; ///< `KEY=value`, in order
    std::vector<PortMapping> ports;
    std::vector<VolumeMount> volumes;
    std::vector<std::string> volumes_from; ///< services of the stack; `%s` is the instance number
    std::vector<SecretUse> secrets;
    std::vector<CertificateUse> certificates;
    Hooks hooks;
    std::vector<std::string> affinity; ///< see core/model/affinity.hpp
    std::vector<Link> links;
    DeployOptions deploy_opts;
    std::optional<HealthCheck> health_check;
    std::optional<double> cpus;
    std::optional<int> cpu_shares;
    std::optional<std::uint64_t> memory;
    std::optional<std::uint64_t> memory_swap;
    std::optional<std::uint64_t> shm_size;
    bool privileged = false;
    bool read_only = false;
    std::vector<std::string> cap_add;
    std::vector<std::string> cap_drop;
    std::string net = "bridge"; ///< `bridge` or `host`
    std::string pid;            ///< empty or `host`
    std::string log_driver;
    std::map<std::string, std::string> log_opts;
    std::string stop_signal;
    std::int64_t stop_grace_period = 10;

    friend bool operator==(ServiceSpec const&, ServiceSpec const&) = default;
};
BOOST_DESCRIBE_STRUCT(
    ServiceSpec,
    (),
    (image,
     stateful,
     strategy,
     instances,
     user,
     entrypoint,
     cmd,
     env,
     ports,
     volumes,
     volumes_from,
     secrets,
     certificates,
     hooks,
     affinity,
     links,
     deploy_opts,
     health_check,
     cpus,
     cpu_shares,
     memory,
     memory_swap,
     shm_size,
     privileged,
     read_only,
     cap_add,
     cap_drop,
     net,
     pid,
     log_driver,
     log_opts,
     stop_signal,
     stop_grace_period)
)

/// Equal but for the number of instances: a change that replaces no container.
bool same_container(ServiceSpec const& a, ServiceSpec const& b);

} // namespace kontena::model
