#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Documents of the Docker Engine API, with its own member names; only what is used.
namespace kontena::agent::docker {

struct Version {
    std::string Version;
    std::string ApiVersion;
    std::string MinAPIVersion;
};
BOOST_DESCRIBE_STRUCT(Version, (), (Version, ApiVersion, MinAPIVersion))

struct Plugins {
    std::vector<std::string> Volume;
};
BOOST_DESCRIBE_STRUCT(Plugins, (), (Volume))

struct SystemInfo {
    std::string ID;
    std::string Name;
    std::string OperatingSystem;
    std::string KernelVersion;
    std::string Driver;
    std::string DockerRootDir;
    std::string ServerVersion;
    std::uint64_t MemTotal = 0;
    int NCPU = 0;
    agent::docker::Plugins Plugins;
    std::vector<std::string> Labels;
};
BOOST_DESCRIBE_STRUCT(
    SystemInfo,
    (),
    (ID,
     Name,
     OperatingSystem,
     KernelVersion,
     Driver,
     DockerRootDir,
     ServerVersion,
     MemTotal,
     NCPU,
     Plugins,
     Labels)
)

struct ContainerSummary {
    std::string Id;
    std::vector<std::string> Names; ///< with a leading slash
    std::string State;
    std::map<std::string, std::string> Labels;

    /// Its name without the slash; links add further ones with two.
    std::string name() const;
};
BOOST_DESCRIBE_STRUCT(ContainerSummary, (), (Id, Names, State, Labels))

struct ContainerState {
    std::string Status;
    bool Running = false;
    bool Dead = false;
    bool OOMKilled = false;
    int ExitCode = 0;
    std::string Error;
    std::string StartedAt;
    std::string FinishedAt;
};
BOOST_DESCRIBE_STRUCT(
    ContainerState, (), (Status, Running, Dead, OOMKilled, ExitCode, Error, StartedAt, FinishedAt)
)

struct Endpoint {
    std::string IPAddress;
};
BOOST_DESCRIBE_STRUCT(Endpoint, (), (IPAddress))

struct Networking {
    std::map<std::string, Endpoint> Networks;
};
BOOST_DESCRIBE_STRUCT(Networking, (), (Networks))

struct RunConfig {
    std::string Image;
    std::map<std::string, std::string> Labels;
};
BOOST_DESCRIBE_STRUCT(RunConfig, (), (Image, Labels))

struct ContainerDetails {
    std::string Id;
    std::string Name; ///< with a leading slash
    std::string Image;
    ContainerState State;
    RunConfig Config;
    Networking NetworkSettings;
};
BOOST_DESCRIBE_STRUCT(ContainerDetails, (), (Id, Name, Image, State, Config, NetworkSettings))

struct Empty {};

BOOST_DESCRIBE_STRUCT(Empty, (), ())

struct PortBinding {
    std::string HostIp;
    std::string HostPort;
};
BOOST_DESCRIBE_STRUCT(PortBinding, (), (HostIp, HostPort))

struct RestartPolicy {
    std::string Name = "no";
};
BOOST_DESCRIBE_STRUCT(RestartPolicy, (), (Name))

struct LogConfig {
    std::string Type;
    std::map<std::string, std::string> Config;
};
BOOST_DESCRIBE_STRUCT(LogConfig, (), (Type, Config))

struct HostConfig {
    std::vector<std::string> Binds;
    std::map<std::string, std::vector<PortBinding>> PortBindings;
    agent::docker::RestartPolicy RestartPolicy;
    std::string NetworkMode = "bridge";
    std::string PidMode;
    std::uint64_t Memory = 0;
    std::uint64_t MemorySwap = 0;
    std::int64_t CpuPeriod = 0;
    std::int64_t CpuQuota = 0;
    std::int64_t CpuShares = 0;
    std::uint64_t ShmSize = 0;
    bool Privileged = false;
    bool ReadonlyRootfs = false;
    std::vector<std::string> CapAdd;
    std::vector<std::string> CapDrop;
    std::optional<agent::docker::LogConfig> LogConfig;
};
BOOST_DESCRIBE_STRUCT(
    HostConfig,
    (),
    (Binds,
     PortBindings,
     RestartPolicy,
     NetworkMode,
     PidMode,
     Memory,
     MemorySwap,
     CpuPeriod,
     CpuQuota,
     CpuShares,
     ShmSize,
     Privileged,
     ReadonlyRootfs,
     CapAdd,
     CapDrop,
     LogConfig)
)

/// Body of a create request. An empty optional is written as null: the image's own value.
struct ContainerConfig {
    std::string Image;
    std::string Hostname;
    std::string User;
    std::optional<std::vector<std::string>> Entrypoint;
    std::optional<std::vector<std::string>> Cmd;
    std::vector<std::string> Env;
    std::map<std::string, std::string> Labels;
    std::map<std::string, Empty> ExposedPorts;
    std::map<std::string, Empty> Volumes;
    std::optional<std::string> StopSignal;
    std::optional<std::int64_t> StopTimeout;
    agent::docker::HostConfig HostConfig;
};
BOOST_DESCRIBE_STRUCT(
    ContainerConfig,
    (),
    (Image,
     Hostname,
     User,
     Entrypoint,
     Cmd,
     Env,
     Labels,
     ExposedPorts,
     Volumes,
     StopSignal,
     StopTimeout,
     HostConfig)
)

struct Created {
    std::string Id;
    std::vector<std::string> Warnings;
};
BOOST_DESCRIBE_STRUCT(Created, (), (Id, Warnings))

struct WaitError {
    std::string Message;
};
BOOST_DESCRIBE_STRUCT(WaitError, (), (Message))

struct WaitAnswer {
    int StatusCode = 0;
    std::optional<WaitError> Error;
};
BOOST_DESCRIBE_STRUCT(WaitAnswer, (), (StatusCode, Error))

struct ImageConfig {
    std::map<std::string, Empty> Volumes;
};
BOOST_DESCRIBE_STRUCT(ImageConfig, (), (Volumes))

struct ImageDetails {
    std::string Id;
    std::vector<std::string> RepoDigests;
    ImageConfig Config;
};
BOOST_DESCRIBE_STRUCT(ImageDetails, (), (Id, RepoDigests, Config))

struct Volume {
    std::string Name;
    std::string Driver;
    std::map<std::string, std::string> Labels;
};
BOOST_DESCRIBE_STRUCT(Volume, (), (Name, Driver, Labels))

struct ExecConfig {
    bool AttachStdin = false;
    bool AttachStdout = true;
    bool AttachStderr = true;
    bool Tty = false;
    std::vector<std::string> Cmd;
    std::vector<std::string> Env;
};
BOOST_DESCRIBE_STRUCT(ExecConfig, (), (AttachStdin, AttachStdout, AttachStderr, Tty, Cmd, Env))

struct ExecStart {
    bool Detach = false;
    bool Tty = false;
};
BOOST_DESCRIBE_STRUCT(ExecStart, (), (Detach, Tty))

struct ExecDetails {
    bool Running = false;
    std::optional<int> ExitCode;
    int Pid = 0;
};
BOOST_DESCRIBE_STRUCT(ExecDetails, (), (Running, ExitCode, Pid))

struct EventActor {
    std::string ID;
    std::map<std::string, std::string> Attributes; ///< name and labels of the container
};
BOOST_DESCRIBE_STRUCT(EventActor, (), (ID, Attributes))

struct Event {
    std::string Type;
    std::string Action;
    EventActor Actor;
    std::int64_t time = 0;
    std::int64_t timeNano = 0;
};
BOOST_DESCRIBE_STRUCT(Event, (), (Type, Action, Actor, time, timeNano))

struct PullDetail {
    std::int64_t current = 0;
    std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(PullDetail, (), (current, total))

/// One line of a pull's progress.
struct PullProgress {
    std::string id; ///< of the layer
    std::string status;
    PullDetail progressDetail;
    std::string error;
};
BOOST_DESCRIBE_STRUCT(PullProgress, (), (id, status, progressDetail, error))

} // namespace kontena::agent::docker
