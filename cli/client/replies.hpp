#pragma once

#include "core/model/deploy.hpp"
#include "core/model/node.hpp"
#include "core/model/plan.hpp"
#include "core/model/service_spec.hpp"
#include "core/model/source.hpp"

#include <boost/describe.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The replies of the API, as far as commands use them. Members that a master does not send keep
/// their defaults.
namespace kontena::cli {

struct UserReply {
    std::string email;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(UserReply, (), (email, name))

struct GridReply {
    std::string name;
    std::string token; ///< only in the reply to its creation
    int initial_size = 0;
    int node_count = 0;
    int stack_count = 0;
    int service_count = 0;
    int container_count = 0;
    std::string subnet;
    std::string supernet;
    std::vector<std::string> default_affinity;
    std::vector<std::string> trusted_subnets;
};
BOOST_DESCRIBE_STRUCT(
    GridReply,
    (),
    (name,
     token,
     initial_size,
     node_count,
     stack_count,
     service_count,
     container_count,
     subnet,
     supernet,
     default_affinity,
     trusted_subnets)
)

struct GridsReply {
    std::vector<GridReply> grids;
};
BOOST_DESCRIBE_STRUCT(GridsReply, (), (grids))

struct NodeReply {
    std::string id;
    std::string name;
    std::string node_id;
    int node_number = 0;
    std::string token; ///< only in the reply to its creation
    bool connected = false;
    bool initial_member = false;
    std::string status;
    std::string availability;
    std::vector<std::string> labels;
    std::string agent_version;
    std::string docker_version;
    std::string os;
    std::string kernel_version;
    std::string driver;
    std::string public_ip;
    std::string private_ip;
    std::uint64_t mem_total = 0;
    int cpus = 0;
    std::optional<core::TimePoint> created_at;
    std::optional<core::TimePoint> connected_at;
    std::optional<core::TimePoint> disconnected_at;
    std::optional<core::TimePoint> last_seen_at;
};
BOOST_DESCRIBE_STRUCT(
    NodeReply,
    (),
    (id,
     name,
     node_id,
     node_number,
     token,
     connected,
     initial_member,
     status,
     availability,
     labels,
     agent_version,
     docker_version,
     os,
     kernel_version,
     driver,
     public_ip,
     private_ip,
     mem_total,
     cpus,
     created_at,
     connected_at,
     disconnected_at,
     last_seen_at)
)

struct NodesReply {
    std::vector<NodeReply> nodes;
};
BOOST_DESCRIBE_STRUCT(NodesReply, (), (nodes))

struct NamedReply {
    std::string id;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(NamedReply, (), (id, name))

struct InstanceReply {
    int number = 0;
    NamedReply node;
    std::string desired_state;
    std::string state;
    std::string health;
    std::string error;
    std::int64_t revision = 0;
    std::int64_t wanted_revision = 0;
    std::string container_id;
    int restarts = 0;
    std::optional<int> exit_code;
    std::vector<std::string> log_tail;
    model::Explanation explanation;
};
BOOST_DESCRIBE_STRUCT(
    InstanceReply,
    (),
    (number,
     node,
     desired_state,
     state,
     health,
     error,
     revision,
     wanted_revision,
     container_id,
     restarts,
     exit_code,
     log_tail,
     explanation)
)

struct InstanceDeployReply {
    int number = 0;
    std::string node;
    model::DeployState state = model::DeployState::created;
    std::string error;
};
BOOST_DESCRIBE_STRUCT(InstanceDeployReply, (), (number, node, state, error))

struct DeployReply {
    std::string id;
    std::string service_id;
    model::DeployState state = model::DeployState::created;
    std::string status;
    std::string reason;
    std::int64_t revision = 0;
    model::Cause cause;
    std::optional<model::DeployFailure> failure;
    bool paused = false;
    std::string aborted_by;
    std::string rollback_of;
    std::string rolled_back_by;
    std::vector<InstanceDeployReply> instance_deploys;
    std::optional<core::TimePoint> created_at;
    std::optional<core::TimePoint> finished_at;

    bool finished() const {
        return state == model::DeployState::success || state == model::DeployState::error;
    }
};
BOOST_DESCRIBE_STRUCT(
    DeployReply,
    (),
    (id,
     service_id,
     state,
     status,
     reason,
     revision,
     cause,
     failure,
     paused,
     aborted_by,
     rollback_of,
     rolled_back_by,
     instance_deploys,
     created_at,
     finished_at)
)

struct DeploysReply {
    std::vector<DeployReply> deploys;
};
BOOST_DESCRIBE_STRUCT(DeploysReply, (), (deploys))

struct CountsReply {
    int total = 0;
    int running = 0;
};
BOOST_DESCRIBE_STRUCT(CountsReply, (), (total, running))

/// Volumes are texts here, so that model::ServiceSpec does not fit.
struct ServiceReply {
    std::string id;
    std::string name;
    NamedReply stack;
    std::string image;
    std::string state;  ///< what is wanted of it
    std::string status; ///< how it stands
    bool stateful = false;
    model::Strategy strategy = model::Strategy::ha;
    int instances = 0;
    std::int64_t revision = 0;
    std::string user;
    std::string entrypoint;
    std::vector<std::string> cmd;
    std::vector<std::string> env;
    std::vector<model::PortMapping> ports;
    std::vector<std::string> volumes;
    std::vector<std::string> affinity;
    std::vector<model::Link> links;
    model::DeployOptions deploy_opts;
    std::optional<model::HealthCheck> health_check;
    std::optional<double> cpus;
    std::optional<std::uint64_t> memory;
    std::string net;
    std::int64_t stop_grace_period = 10;
    CountsReply instance_counts;
    std::optional<DeployReply> deploy;
    model::Origin origin;
    model::Cause cause;
    std::vector<InstanceReply> instances_detail;
    std::optional<core::TimePoint> created_at;
    std::optional<core::TimePoint> updated_at;
};
BOOST_DESCRIBE_STRUCT(
    ServiceReply,
    (),
    (id,
     name,
     stack,
     image,
     state,
     status,
     stateful,
     strategy,
     instances,
     revision,
     user,
     entrypoint,
     cmd,
     env,
     ports,
     volumes,
     affinity,
     links,
     deploy_opts,
     health_check,
     cpus,
     memory,
     net,
     stop_grace_period,
     instance_counts,
     deploy,
     origin,
     cause,
     instances_detail,
     created_at,
     updated_at)
)

struct ServicesReply {
    std::vector<ServiceReply> services;
};
BOOST_DESCRIBE_STRUCT(ServicesReply, (), (services))

struct StackReply {
    std::string id;
    std::string name;
    std::string state;
    std::string stack;
    std::string version;
    std::int64_t revision = 0;
    std::optional<std::string> expose;
    std::string owner;
    std::string commit;
    model::Origin origin;
    std::map<std::string, std::string> variables;
    std::vector<std::string> labels;
    std::vector<ServiceReply> services;
    std::optional<core::TimePoint> created_at;
    std::optional<core::TimePoint> updated_at;
};
BOOST_DESCRIBE_STRUCT(
    StackReply,
    (),
    (id,
     name,
     state,
     stack,
     version,
     revision,
     expose,
     owner,
     commit,
     origin,
     variables,
     labels,
     services,
     created_at,
     updated_at)
)

struct StacksReply {
    std::vector<StackReply> stacks;
};
BOOST_DESCRIBE_STRUCT(StacksReply, (), (stacks))

struct SourceReply {
    model::Source source;
    model::SourceStatus status;
    std::string webhook_path;
    std::string webhook_secret; ///< only in the reply to its creation
    std::vector<model::Action> drift;
};
BOOST_DESCRIBE_STRUCT(SourceReply, (), (source, status, webhook_path, webhook_secret, drift))

struct SourcesReply {
    std::vector<SourceReply> sources;
};
BOOST_DESCRIBE_STRUCT(SourcesReply, (), (sources))

struct SyncReply {
    std::optional<model::Plan> plan;
    model::SourceStatus status;
};
BOOST_DESCRIBE_STRUCT(SyncReply, (), (plan, status))

enum class ProgressState { saved, ongoing, converged, failed, superseded };
BOOST_DESCRIBE_ENUM(ProgressState, saved, ongoing, converged, failed, superseded)

struct InstanceProgress {
    int number = 0;
    std::string node;
    std::string state;
    std::string error;
    std::vector<std::string> log_tail;
};
BOOST_DESCRIBE_STRUCT(InstanceProgress, (), (number, node, state, error, log_tail))

struct ServiceProgress {
    core::ServiceId service;
    model::ActionKind kind = model::ActionKind::create;
    ProgressState state = ProgressState::ongoing;
    std::string reason;
    int running = 0;
    int ready = 0;
    int total = 0;
    std::vector<InstanceProgress> instances;

    /// The master says so in the reason only.
    bool paused() const {
        return state == ProgressState::ongoing && reason.starts_with("paused by ");
    }
};
BOOST_DESCRIBE_STRUCT(
    ServiceProgress, (), (service, kind, state, reason, running, ready, total, instances)
)

struct Progress {
    ProgressState state = ProgressState::ongoing;
    core::PlanId by;
    std::vector<ServiceProgress> services;
};
BOOST_DESCRIBE_STRUCT(Progress, (), (state, by, services))

struct PlanReply {
    std::optional<model::Plan> plan;
    std::optional<Progress> progress;
};
BOOST_DESCRIBE_STRUCT(PlanReply, (), (plan, progress))

/// A plan of a list, with what became of it.
struct ListedPlan : model::Plan {
    Progress progress;
};
BOOST_DESCRIBE_STRUCT(ListedPlan, (model::Plan), (progress))

struct PlansReply {
    std::vector<ListedPlan> plans;
};
BOOST_DESCRIBE_STRUCT(PlansReply, (), (plans))

struct EventReply {
    boost::json::value id;
    std::string created_at;
    int severity = 0;
    std::string type;
    std::string message;
    boost::json::value meta;
};
BOOST_DESCRIBE_STRUCT(EventReply, (), (id, created_at, severity, type, message, meta))

struct EventsReply {
    std::vector<EventReply> logs;
};
BOOST_DESCRIBE_STRUCT(EventsReply, (), (logs))

struct InstanceReasonReply {
    int number = 0;
    core::NodeId node;
    bool running = false;
    std::string verdict;
    model::Explanation explanation;
    model::Cause cause;
    std::optional<core::TimePoint> since;
    std::vector<std::string> log_tail;
};
BOOST_DESCRIBE_STRUCT(
    InstanceReasonReply, (), (number, node, running, verdict, explanation, cause, since, log_tail)
)

struct WhyReply {
    std::string service;
    std::string at;
    std::string status;
    int wanted = 0;
    std::vector<InstanceReasonReply> instances;
    std::optional<DeployReply> deploy;
    std::optional<DeployReply> taken_back; ///< the failed deploy that this one takes back
    std::vector<EventReply> chain;
};
BOOST_DESCRIBE_STRUCT(
    WhyReply, (), (service, at, status, wanted, instances, deploy, taken_back, chain)
)

} // namespace kontena::cli
