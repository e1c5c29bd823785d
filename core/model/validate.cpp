#include "core/base/ids.hpp"
#include "core/base/strings.hpp"
#include "core/model/affinity.hpp"
#include "core/model/stack_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace kontena::model {

using core::Issue;

namespace {

constexpr int kMaxInstances = 10'000;
constexpr std::size_t kMaxEnvBytes = 128 * 1024;
constexpr std::int64_t kMaxSeconds = 10LL * 366 * 24 * 3600;
constexpr std::size_t kMaxIssues = 200; // what is beyond is not looked at

constexpr std::string_view kNameRule =
    "use 1 to 63 letters, digits, '_' and '-', not starting with '-'";

bool valid_ipv4(std::string_view ip) {
    auto const parts = core::split(ip, '.');
    return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
               int value = -1;
               auto const [stop, ec] =
                   std::from_chars(part.data(), part.data() + part.size(), value);
               return ec == std::errc{} && stop == part.data() + part.size() && value >= 0 &&
                      value <= 255 && (part.size() == 1 || part.front() != '0');
           });
}

/// `SIG<NAME>`, `SIGRTMIN+n`, `SIGRTMAX-n` or a number, in any case.
bool valid_signal(std::string_view signal) {
    auto const digits = [](std::string_view text) {
        return !text.empty() && text.size() <= 3 &&
               std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    };
    std::string upper(signal);
    std::ranges::transform(upper, upper.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    std::string_view rest = upper;
    if (digits(rest)) return true;
    if (!rest.starts_with("SIG")) return false;
    rest.remove_prefix(3);
    if (rest.starts_with("RTMIN+") || rest.starts_with("RTMAX-")) return digits(rest.substr(6));
    return !rest.empty() && std::ranges::all_of(rest, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
}

/// `[a-z0-9.-]+=…`
bool valid_label(std::string_view label) {
    auto const at = label.find('=');
    return at != std::string_view::npos && at > 0 &&
           std::ranges::all_of(label.substr(0, at), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
           });
}

class Validator {
public:
    explicit Validator(StackSpec const& stack)
        : stack_(stack) {}

    std::vector<Issue> run() {
        for (auto const& service : stack_.services) by_name_.emplace(service.name, &service);
        check_stack();
        for (auto const& service : stack_.services) {
            if (full()) return std::move(issues_);
            service_ = &service;
            check_service(service.spec);
        }
        check_cycles();
        return std::move(issues_);
    }

private:
    void refuse(std::string path, std::string reason) {
        issues_.push_back(
            {.path = std::move(path),
             .reason = std::move(reason),
             .file = stack_.origin.file,
             .line = stack_.origin.line}
        );
    }

    bool full() const { return issues_.size() >= kMaxIssues; }

    /// `key` is a key of the current service.
    void refuse_key(std::string_view key, std::string reason) {
        if (full()) return;
        auto const dot = key.empty() ? "" : ".";
        issues_.push_back(
            {.path = fmt::format("services.{}{}{}", service_->name, dot, key),
             .reason = std::move(reason),
             .file = service_->origin.file,
             .line = service_->origin.line}
        );
    }

    void check_stack() {
        if (stack_.name == "null")
            refuse("stack", "no stack can have the name 'null', which stands for no stack");
        else if (!core::valid_name(stack_.name))
            refuse("stack", fmt::format("'{}' is not a stack name: {}", stack_.name, kNameRule));
        for (std::size_t i = 0; i < stack_.labels.size(); ++i) {
            if (!valid_label(stack_.labels[i]))
                refuse(
                    fmt::format("labels.{}", i),
                    fmt::format(
                        "'{}' is not a label: write key=value, the key of a-z, 0-9, '.' and '-'",
                        stack_.labels[i]
                    )
                );
        }
        if (stack_.services.empty()) refuse("services", "a stack needs at least one service");
        std::set<std::string_view> names;
        for (auto const& service : stack_.services) {
            service_ = &service;
            if (!core::valid_name(service.name))
                refuse_key(
                    "", fmt::format("'{}' is not a service name: {}", service.name, kNameRule)
                );
            if (!names.insert(service.name).second) refuse_key("", "the name is used twice");
        }
    }

    void check_service(ServiceSpec const& spec) {
        if (spec.image.empty()) refuse_key("image", "missing: every service needs an image");
        if (spec.image.find_first_of(" \t\n") != std::string::npos)
            refuse_key("image", fmt::format("'{}' has blanks in it", spec.image));
        if (spec.instances < 0 || spec.instances > kMaxInstances)
            refuse_key("instances", fmt::format("must be from 0 to {}", kMaxInstances));
        check_env(spec);
        check_ports(spec);
        check_volumes(spec);
        check_links(spec);
        for (std::size_t i = 0; i < spec.affinity.size(); ++i) {
            auto const rule = parse_affinity(spec.affinity[i]);
            if (!rule && rule.error().code != core::Errc::unsupported)
                refuse_key(fmt::format("affinity.{}", i), rule.error().message);
        }
        check_deploy(spec.deploy_opts);
        if (spec.health_check) check_health(*spec.health_check);
        check_resources(spec);
        check_container(spec);
    }

    void check_env(ServiceSpec const& spec) {
        for (std::size_t i = 0; i < spec.env.size(); ++i) {
            auto const& entry = spec.env[i];
            auto const at = entry.find('=');
            auto const path = fmt::format("env.{}", i);
            if (at == std::string::npos || at == 0)
                refuse_key(path, fmt::format("'{}' is not of the form KEY=value", entry));
            if (entry.size() > kMaxEnvBytes)
                refuse_key(path, fmt::format("longer than {} bytes", kMaxEnvBytes));
            if (entry.find('\0') != std::string::npos)
                refuse_key(path, "has a NUL character in it");
        }
    }

    void check_ports(ServiceSpec const& spec) {
        std::map<std::pair<Protocol, std::uint16_t>, std::set<std::string_view>> taken;
        for (std::size_t i = 0; i < spec.ports.size(); ++i) {
            auto const& port = spec.ports[i];
            auto const path = fmt::format("ports.{}", i);
            if (port.node_port == 0 || port.container_port == 0)
                refuse_key(path, "a port must be from 1 to 65535");
            if (!valid_ipv4(port.ip))
                refuse_key(path, fmt::format("'{}' is not an IPv4 address", port.ip));
            auto& ips = taken[{port.protocol, port.node_port}];
            auto const clash = port.ip == "0.0.0.0"
                                   ? !ips.empty()
                                   : ips.contains(port.ip) || ips.contains("0.0.0.0");
            if (clash) refuse_key(path, fmt::format("node port {} is used twice", port.node_port));
            ips.insert(port.ip);
        }
    }

    void check_volumes(ServiceSpec const& spec) {
        std::set<std::string_view> paths;
        for (std::size_t i = 0; i < spec.volumes.size(); ++i) {
            auto const& mount = spec.volumes[i];
            auto const path = fmt::format("volumes.{}", i);
            if (!mount.path.starts_with('/'))
                refuse_key(path, fmt::format("'{}' is not an absolute path", mount.path));
            if (mount.named() && !core::valid_name(mount.source))
                refuse_key(
                    path, fmt::format("'{}' is not a volume name: {}", mount.source, kNameRule)
                );
            if (!paths.insert(mount.path).second)
                refuse_key(path, fmt::format("'{}' is mounted twice", mount.path));
        }
        if (spec.stateful && !spec.volumes_from.empty())
            refuse_key("volumes_from", "a stateful service cannot use volumes of other services");
    }

    /// The name of the linked service when it is one of this stack, else empty.
    std::string_view local_target(Link const& link) const {
        std::string_view const name = link.name;
        auto const slash = name.find('/');
        if (slash == std::string_view::npos) return name;
        return name.substr(0, slash) == stack_.name ? name.substr(slash + 1) : std::string_view{};
    }

    NamedService const* find(std::string_view name) const {
        auto const found = by_name_.find(name);
        return found == by_name_.end() ? nullptr : found->second;
    }

    void check_links(ServiceSpec const& spec) {
        for (std::size_t i = 0; i < spec.links.size() && !full(); ++i) {
            auto const& link = spec.links[i];
            auto const path = fmt::format("links.{}", i);
            auto const parts = core::split(link.name, '/');
            if (parts.size() > 2 || !std::ranges::all_of(parts, core::valid_name)) {
                refuse_key(
                    path,
                    fmt::format("'{}' is not a link: write service or stack/service", link.name)
                );
                continue;
            }
            auto const local = local_target(link);
            if (local.empty() || find(local) != nullptr) continue;
            std::vector<std::string_view> known;
            for (auto const& other : stack_.services)
                if (&other != service_) known.push_back(other.name);
            refuse_key(
                path,
                fmt::format("service {} has missing links: {}", service_->name, local) +
                    core::suggestion(local, known)
            );
        }
    }

    /// Takes away services whose links are all taken away, until none is left or only cycles are.
    void check_cycles() {
        std::map<std::string_view, std::set<std::string_view>> waits;
        std::map<std::string_view, std::vector<std::string_view>> waiting;
        for (auto const& service : stack_.services) {
            auto& targets = waits[service.name];
            for (auto const& link : service.spec.links) {
                auto const local = local_target(link);
                if (find(local) == nullptr || !targets.insert(local).second) continue;
                waiting[local].push_back(service.name);
            }
        }
        std::map<std::string_view, std::size_t> open;
        std::vector<std::string_view> free;
        for (auto const& [name, targets] : waits) {
            open[name] = targets.size();
            if (targets.empty()) free.push_back(name);
        }
        while (!free.empty()) {
            auto const name = free.back();
            free.pop_back();
            waits.erase(name);
            for (auto const other : waiting[name])
                if (--open[other] == 0) free.push_back(other);
        }
        std::set<std::string_view> told;
        for (auto const& [start, unused] : waits) {
            if (full()) return;
            if (!told.contains(start)) report_cycle(start, waits, told);
        }
    }

    /// Follows links among the services that are left until one comes again.
    void report_cycle(
        std::string_view start,
        std::map<std::string_view, std::set<std::string_view>> const& waits,
        std::set<std::string_view>& told
    ) {
        std::vector<std::string_view> way;
        std::set<std::string_view> seen;
        auto at = start;
        while (seen.insert(at).second) {
            if (told.contains(at)) return;
            way.push_back(at);
            auto const& targets = waits.at(at);
            at =
                *std::ranges::find_if(targets, [&](auto target) { return waits.contains(target); });
        }
        told.insert(way.begin(), way.end());
        way.erase(way.begin(), std::ranges::find(way, at));
        service_ = find(way.front());
        auto const next = way.size() > 1 ? way[1] : way[0];
        auto const& links = service_->spec.links;
        auto const link = std::ranges::find_if(links, [&](Link const& candidate) {
            return local_target(candidate) == next;
        });
        way.push_back(way.front());
        refuse_key(
            fmt::format("links.{}", link - links.begin()),
            fmt::format("links in a circle: {}", fmt::join(way, " → "))
        );
    }

    void check_deploy(DeployOptions const& options) {
        if (!(options.min_health >= 0.0 && options.min_health <= 1.0))
            refuse_key("deploy_opts.min_health", "must be from 0.0 to 1.0");
        if (options.wait_for_port == std::uint16_t{0})
            refuse_key("deploy_opts.wait_for_port", "a port must be from 1 to 65535");
        if (options.interval && (*options.interval < 1 || *options.interval > kMaxSeconds))
            refuse_key("deploy_opts.interval", "must be at least one second, at most ten years");
        auto const grace = options.reschedule_after;
        if (grace && (*grace < 0 || *grace > kMaxSeconds))
            refuse_key("deploy_opts.reschedule_after", "must be from 0 seconds to ten years");
        auto const check_limit = [&](char const* key, std::optional<std::int64_t> const& limit) {
            if (limit && (*limit < 1 || *limit > kMaxSeconds))
                refuse_key(key, "must be at least one second, at most ten years");
        };
        check_limit("deploy_opts.instance_timeout", options.instance_timeout);
        check_limit("deploy_opts.timeout", options.timeout);
        auto const& spec = service_->spec;
        if (options.order == RolloutOrder::start_first && spec.stateful)
            refuse_key(
                "deploy_opts.order",
                "must be stop_first for a stateful service: two instances would write to one volume"
            );
        if (options.order == RolloutOrder::start_first && spec.strategy == Strategy::daemon)
            refuse_key("deploy_opts.order", "must be stop_first with strategy daemon");
    }

    void check_health(HealthCheck const& check) {
        if (check.port == 0) refuse_key("health_check.port", "a port must be from 1 to 65535");
        if (!check.uri.starts_with('/') || check.uri.find_first_of(" \r\n") != std::string::npos)
            refuse_key("health_check.uri", "must be a path that starts with '/'");
        if (check.timeout < 1 || check.timeout > kMaxSeconds)
            refuse_key("health_check.timeout", "must be at least one second");
        else if (check.interval < check.timeout)
            refuse_key(
                "health_check.interval",
                fmt::format(
                    "must not be smaller than the timeout ({} s < {} s)",
                    check.interval,
                    check.timeout
                )
            );
        if (check.initial_delay < 0)
            refuse_key("health_check.initial_delay", "must not be negative");
    }

    void check_resources(ServiceSpec const& spec) {
        if (spec.cpus && !(*spec.cpus > 0.0 && *spec.cpus <= 10'000.0))
            refuse_key("cpus", "must be more than 0");
        if (spec.cpu_shares && (*spec.cpu_shares < 0 || *spec.cpu_shares > 1024))
            refuse_key("cpu_shares", "must be from 0 to 1024");
        if (spec.memory == std::uint64_t{0}) refuse_key("memory", "must be more than 0");
        if (spec.memory_swap && !spec.memory)
            refuse_key("memory_swap", "needs a limit of the memory next to it");
        if (spec.memory_swap && spec.memory && *spec.memory_swap < *spec.memory)
            refuse_key(
                "memory_swap", "counts memory and swap together, so it cannot be below the memory"
            );
        if (spec.shm_size == std::uint64_t{0}) refuse_key("shm_size", "must be more than 0");
    }

    void check_container(ServiceSpec const& spec) {
        if (spec.net != "bridge" && spec.net != "host")
            refuse_key("net", fmt::format("'{}' is not bridge or host", spec.net));
        if (!spec.pid.empty() && spec.pid != "host")
            refuse_key("pid", fmt::format("'{}' is not host", spec.pid));
        if (!spec.stop_signal.empty() && !valid_signal(spec.stop_signal))
            refuse_key(
                "stop_signal",
                fmt::format(
                    "'{}' is not a signal: write SIGTERM, SIGRTMIN+2 or a number", spec.stop_signal
                )
            );
        if (spec.stop_grace_period < 0 || spec.stop_grace_period > kMaxSeconds)
            refuse_key("stop_grace_period", "must be from 0 seconds to ten years");
    }

    StackSpec const& stack_;
    std::map<std::string_view, NamedService const*> by_name_;
    NamedService const* service_ = nullptr;
    std::vector<Issue> issues_;
};

} // namespace

std::vector<Issue> validate(StackSpec const& stack) { return Validator(stack).run(); }

} // namespace kontena::model
