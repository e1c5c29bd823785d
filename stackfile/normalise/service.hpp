#pragma once

#include "core/model/service_spec.hpp"
#include "stackfile/variables/value.hpp"

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What one service of a file says, with typed values and nothing filled in: defaults belong to
/// the master. Both the payload and the model's spec are made from this.
namespace kontena::stackfile {

/// A key of a service: absent, null, or with a value. A null hides what would be inherited.
template <class T>
struct Field {
    bool given = false; ///< the file has the key
    std::optional<T> value;

    friend bool operator==(Field const&, Field const&) = default;
};

using Texts = std::vector<std::string>;
using Options = std::vector<std::pair<std::string, Value>>;

struct Deploy {
    std::optional<std::string> strategy;
    std::optional<std::int64_t> wait_for_port;
    std::optional<double> min_health;
    std::optional<std::int64_t> interval;         ///< seconds
    std::optional<std::int64_t> reschedule_after; ///< seconds
    std::optional<std::string> on_failure;
    std::optional<std::string> order;
    std::optional<std::int64_t> instance_timeout; ///< seconds
    std::optional<std::int64_t> timeout;          ///< seconds
    std::optional<std::string> spread;

    friend bool operator==(Deploy const&, Deploy const&) = default;
};

struct HealthCheck {
    std::optional<std::int64_t> port;
    std::optional<std::string> protocol;
    std::optional<std::string> uri;
    std::optional<std::int64_t> timeout;
    std::optional<std::int64_t> interval;
    std::optional<std::int64_t> initial_delay;

    friend bool operator==(HealthCheck const&, HealthCheck const&) = default;
};

struct Logging {
    std::optional<std::string> driver;
    std::optional<Options> options;

    friend bool operator==(Logging const&, Logging const&) = default;
};

struct Hook {
    std::string name;
    std::string cmd;
    Value instances; ///< a number, `*` or `1,2`; null at `pre_build`
    std::optional<bool> oneshot;

    friend bool operator==(Hook const&, Hook const&) = default;
};

/// What a service does at one point of its life, such as `post_start`.
struct HookPoint {
    std::string name;
    std::optional<std::vector<Hook>> hooks; ///< nullopt for null

    friend bool operator==(HookPoint const&, HookPoint const&) = default;
};

struct Build {
    std::string context;
    std::optional<std::string> dockerfile;
    std::optional<Options> args;

    friend bool operator==(Build const&, Build const&) = default;
};

/// Members are named as in the API, except for groups that the API spreads.
struct Service {
    Field<std::string> image; ///< with a tag; never blank
    Field<std::int64_t> instances;
    Field<bool> stateful;
    Field<bool> read_only;
    Field<Texts> env;
    Field<std::vector<model::Link>> links;
    Field<std::vector<model::Link>> external_links;
    Field<std::vector<model::PortMapping>> ports;
    Field<Texts> volumes; ///< as written
    Field<Texts> volumes_from;
    Field<Texts> affinity;
    Field<Deploy> deploy;
    Field<std::vector<HookPoint>> hooks;
    Field<HealthCheck> health_check;
    Field<Logging> logging;
    Field<std::uint64_t> memory;
    Field<std::uint64_t> memory_swap;
    Field<std::uint64_t> shm_size;
    Field<double> cpus;
    Field<std::int64_t> cpu_shares;
    Field<Texts> cmd;
    Field<std::string> entrypoint;
    Field<std::string> user;
    Field<std::string> pid;
    Field<std::string> stop_signal;
    Field<std::string> stop_grace_period; ///< as written
    Field<std::string> net;
    Field<bool> privileged;
    Field<Texts> cap_add;
    Field<Texts> cap_drop;
    Field<std::vector<model::SecretUse>> secrets;
    Field<std::vector<model::CertificateUse>> certificates;
    Field<Build> build;
    bool legacy_swap = false;            ///< the original ignored how memory_swap is written
    std::vector<model::Link> depends_on; ///< to be put behind the links, see `all_links`

    friend bool operator==(Service const&, Service const&) = default;
};
BOOST_DESCRIBE_STRUCT(
    Service,
    (),
    (image,
     instances,
     stateful,
     read_only,
     env,
     links,
     external_links,
     ports,
     volumes,
     volumes_from,
     affinity,
     deploy,
     hooks,
     health_check,
     logging,
     memory,
     memory_swap,
     shm_size,
     cpus,
     cpu_shares,
     cmd,
     entrypoint,
     user,
     pid,
     stop_signal,
     stop_grace_period,
     net,
     privileged,
     cap_add,
     cap_drop,
     secrets,
     certificates,
     build)
)

/// `links`, then what `depends_on` adds to them.
std::vector<model::Link> all_links(Service const& service);

/// True when a limit that the original ignored cannot be one, by the limit of the memory.
bool has_useless_swap(Service const& service);

/// `base` with what the service that extends it says laid over it: environment, secrets and build
/// arguments by key, `depends_on` added to the links, every other key as a whole.
Service merge(Service const& base, Service child);

} // namespace kontena::stackfile
