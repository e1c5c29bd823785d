#include "cli/render/show.hpp"

#include "cli/render/plan.hpp"
#include "cli/render/table.hpp"
#include "core/json/codec.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kontena::cli::render {

namespace bj = boost::json;

namespace {

constexpr std::size_t kShortCommit = 10;

/// `key: value` lines, indented; empty values are left out.
class Lines {
public:
    void head(std::string_view text) { out_ += fmt::format("{}:\n", text); }

    void add(std::string_view key, std::string_view value, int depth = 1) {
        if (!value.empty()) out_ += fmt::format("{:{}}{}: {}\n", "", depth * 2, key, value);
    }

    void yes_no(std::string_view key, bool value) { add(key, value ? "yes" : "no"); }

    void list(std::string_view key, std::vector<std::string> const& items, int depth = 1) {
        if (items.empty()) return;
        out_ += fmt::format("{:{}}{}:\n", "", depth * 2, key);
        for (auto const& item : items) out_ += fmt::format("{:{}}- {}\n", "", depth * 2 + 2, item);
    }

    /// The end of a log; one that was told already is not told again.
    void tail(std::string_view key, std::vector<std::string> const& lines, int depth) {
        if (lines.empty()) return;
        if (std::ranges::find(tails_, lines) != tails_.end())
            return add(key, "the same as above", depth);
        list(key, lines, depth);
        tails_.push_back(lines);
    }

    void raw(std::string_view text) { out_ += text; }

    std::string take() { return std::move(out_); }

private:
    std::string out_;
    std::vector<std::vector<std::string>> tails_;
};

std::string when(std::optional<core::TimePoint> const& time) {
    return time ? core::format_time(*time) : std::string();
}

std::string age(std::optional<core::TimePoint> const& since, core::TimePoint now) {
    return since ? core::format_duration(std::max(now - *since, core::Millis(0))) : std::string();
}

std::string joined(std::vector<std::string> const& items) {
    return fmt::format("{}", fmt::join(items, ","));
}

std::string gigabytes(std::uint64_t bytes) {
    if (bytes == 0) return {};
    return fmt::format("{:.2f} GB", static_cast<double>(bytes) / (1024.0 * 1024.0 * 1024.0));
}

std::string port(model::PortMapping const& port) {
    auto const ip = port.ip == "0.0.0.0" ? "*" : port.ip;
    return fmt::format(
        "{}:{}->{}/{}", ip, port.node_port, port.container_port, json::enum_name(port.protocol)
    );
}

std::string ports(std::vector<model::PortMapping> const& all) {
    std::vector<std::string> out;
    for (auto const& one : all) out.push_back(port(one));
    return fmt::format("{}", fmt::join(out, ","));
}

Colour state_colour(std::string_view state) {
    if (state == "running" || state == "synced" || state == "online" || state == "deployed" ||
        state == "converged")
        return Colour::green;
    if (state == "stopped" || state == "failed" || state == "aborted" || state == "refused" ||
        state == "offline" || state == "unreachable")
        return Colour::red;
    if (state == "initialized" || state == "deploying") return Colour::cyan;
    return Colour::yellow;
}

/// How many instances there should be. How many that is with strategy daemon depends on the nodes,
/// which only the master knows.
int wanted(ServiceReply const& service) {
    auto const placed = service.instance_counts.total;
    return service.strategy == model::Strategy::daemon ? placed
                                                       : std::max(placed, service.instances);
}

std::string health_icon(ServiceReply const& service, Style style) {
    auto const running = service.instance_counts.running;
    if (service.state != "running" || service.status == "stopped") return style(Colour::dim, "⊝");
    if (running == 0 && wanted(service) > 0) return style(Colour::red, "⊗");
    if (running < wanted(service)) return style(Colour::yellow, "⊙");
    return style(Colour::green, "⊛");
}

std::string stack_service(ServiceReply const& service) { return in_grid(service.id); }

/// The instance and the gate, and what its container said last.
void failure_lines(model::DeployFailure const& failure, Lines& out) {
    if (failure.instance > 0)
        out.add(
            "instance",
            failure.node.empty() ? std::to_string(failure.instance)
                                 : fmt::format("{} on {}", failure.instance, failure.node.leaf()),
            2
        );
    out.add("gate", failure.gate, 2);
    if (failure.exit_code) out.add("exit code", std::to_string(*failure.exit_code), 2);
    out.tail("last lines", failure.log_tail, 2);
}

void quarantine_lines(model::Quarantine const& held, Lines& out) {
    out.add("quarantined", held.commit);
    out.add("service", in_grid(held.service.str()), 2);
    failure_lines(held.failure, out);
    out.add("reason", held.failure.reason, 2);
    out.add(
        "then",
        held.rolled_back ? "the last good commit was applied again" : "all stays as it is",
        2
    );
}

void deploy_lines(DeployReply const& deploy, Lines& out) {
    out.add("deploy", deploy_state(deploy));
    out.add("reason", deploy.reason, 2);
    if (deploy.failure) failure_lines(*deploy.failure, out);
    out.add("cause", cause(deploy.cause), 2);
    out.add("started", when(deploy.created_at), 2);
    out.add("finished", when(deploy.finished_at), 2);
    for (auto const& instance : deploy.instance_deploys)
        if (!instance.error.empty())
            out.add(
                fmt::format("instance {} on {}", instance.number, instance.node), instance.error, 2
            );
}

void instance_lines(InstanceReply const& instance, std::string const& service, Lines& out) {
    out.raw(fmt::format("    {}-{}:\n", service, instance.number));
    out.add("node", instance.node.name, 3);
    out.add("desired_state", instance.desired_state, 3);
    out.add("state", instance.state, 3);
    if (instance.health != "unknown") out.add("health", instance.health, 3);
    out.add("error", instance.error, 3);
    if (instance.exit_code) out.add("exit_code", std::to_string(*instance.exit_code), 3);
    if (instance.restarts > 0) out.add("restarts", std::to_string(instance.restarts), 3);
    auto const wanted =
        instance.wanted_revision != instance.revision && instance.wanted_revision > 0
            ? fmt::format(" (wanted: {})", instance.wanted_revision)
            : "";
    out.add("revision", fmt::format("{}{}", instance.revision, wanted), 3);
    out.add("container", instance.container_id.substr(0, 12), 3);
    out.add("placed", explanation(instance.explanation), 3);
    out.tail(
        "last lines of its log",
        instance.error.empty() ? std::vector<std::string>{} : instance.log_tail,
        3
    );
}

void spec_lines(ServiceReply const& service, Lines& out) {
    out.add("strategy", json::enum_name(service.strategy));
    out.add("instances", std::to_string(service.instances));
    out.yes_no("stateful", service.stateful);
    auto const& deploy = service.deploy_opts;
    out.add("min_health", fmt::format("{}", deploy.min_health));
    if (deploy.wait_for_port) out.add("wait_for_port", std::to_string(*deploy.wait_for_port));
    if (deploy.interval) out.add("interval", fmt::format("{}s", *deploy.interval));
    if (deploy.on_failure) out.add("on_failure", json::enum_name(*deploy.on_failure));
    if (deploy.order != model::RolloutOrder::stop_first)
        out.add("order", json::enum_name(deploy.order));
    if (deploy.instance_timeout)
        out.add("instance_timeout", fmt::format("{}s", *deploy.instance_timeout));
    if (deploy.timeout) out.add("timeout", fmt::format("{}s", *deploy.timeout));
    if (!deploy.spread.empty()) out.add("spread", deploy.spread);
    if (deploy.reschedule_after)
        out.add("reschedule_after", fmt::format("{}s", *deploy.reschedule_after));
    out.add("stop_grace_period", fmt::format("{}s", service.stop_grace_period));
    if (service.net != "bridge") out.add("net", service.net);
    out.add("user", service.user);
    out.add("entrypoint", service.entrypoint);
    if (service.cpus) out.add("cpus", fmt::format("{}", *service.cpus));
    if (service.memory) out.add("memory", std::to_string(*service.memory));
    out.list("cmd", service.cmd);
    out.list("env", service.env);
    std::vector<std::string> texts;
    for (auto const& one : service.ports) texts.push_back(port(one));
    out.list("ports", texts);
    out.list("volumes", service.volumes);
    out.list("affinity", service.affinity);
    texts.clear();
    for (auto const& link : service.links) texts.push_back(link.alias);
    out.list("links", texts);
    if (service.health_check) {
        auto const& check = *service.health_check;
        out.add(
            "health_check",
            fmt::format(
                "{} port {} {} every {}s, timeout {}s, after {}s",
                json::enum_name(check.protocol),
                check.port,
                check.protocol == model::HealthProtocol::http ? check.uri : "",
                check.interval,
                check.timeout,
                check.initial_delay
            )
        );
    }
}

std::string changes(std::size_t count) {
    return fmt::format("{} change{}", count, count == 1 ? "" : "s");
}

/// The commit that the state is about, and the one that is applied when that is another one.
std::string commit_of(model::SourceStatus const& status) {
    auto const applied = status.applied_commit.substr(0, kShortCommit);
    auto const seen = status.seen_commit.substr(0, kShortCommit);
    if (seen.empty() || seen == applied) return applied;
    return fmt::format("{} ({})", seen, applied.empty() ? "nothing runs" : "runs " + applied);
}

std::string node_icon(NodeReply const& node, Style style) {
    if (node.status == "online") return style(Colour::green, "⊛");
    if (node.connected) return style(Colour::yellow, "⊙");
    return style(Colour::dim, "⊝");
}

std::string node_status(NodeReply const& node, core::TimePoint now) {
    std::string since;
    if (node.status == "created") since = age(node.created_at, now);
    if (node.status == "online" || node.status == "connecting") since = age(node.connected_at, now);
    if (node.status == "offline") since = age(node.disconnected_at, now);
    return since.empty() ? node.status : fmt::format("{} {}", node.status, since);
}

} // namespace

std::string grids(std::vector<GridReply> const& grids, std::string_view current, Style style) {
    Table table({"name", "nodes", "stacks", "services"}, style);
    for (auto const& grid : grids) {
        table.add(
            {grid.name == current ? grid.name + " *" : grid.name,
             std::to_string(grid.node_count),
             std::to_string(grid.stack_count),
             std::to_string(grid.service_count)}
        );
    }
    return table.str();
}

std::string grid(GridReply const& grid, std::vector<NodeReply> const& nodes) {
    Lines out;
    out.head(grid.name);
    out.add("initial_size", std::to_string(grid.initial_size));
    out.list("default_affinity", grid.default_affinity);
    out.add("subnet", grid.subnet);
    out.add("supernet", grid.supernet);
    out.list("trusted_subnets", grid.trusted_subnets);
    auto const connected = std::ranges::count_if(nodes, &NodeReply::connected);
    out.add("nodes", fmt::format("{} of {} connected", connected, nodes.size()));
    out.add("stacks", std::to_string(grid.stack_count));
    out.add("services", std::to_string(grid.service_count));
    out.add("containers", std::to_string(grid.container_count));
    return out.take();
}

std::string
nodes(std::vector<NodeReply> const& nodes, int initial_size, core::TimePoint now, Style style) {
    Table table({"name", "version", "status", "initial", "labels"}, style);
    for (auto const& node : nodes) {
        table.add(
            {fmt::format("{} {}", node_icon(node, style), node.name),
             node.agent_version,
             style(state_colour(node.status), node_status(node, now)),
             node.initial_member ? fmt::format("{} / {}", node.node_number, initial_size) : "-",
             joined(node.labels)}
        );
    }
    return table.str();
}

std::string node(NodeReply const& node) {
    Lines out;
    out.head(node.id);
    out.add("number", std::to_string(node.node_number));
    out.add("engine", node.node_id);
    out.add("status", node.status);
    out.yes_no("connected", node.connected);
    out.add("last connect", when(node.connected_at));
    out.add("last seen", when(node.last_seen_at));
    out.add("availability", node.availability);
    out.add("public ip", node.public_ip);
    out.add("private ip", node.private_ip);
    out.add("agent version", node.agent_version);
    out.add("docker version", node.docker_version);
    out.add("os", node.os);
    out.add("kernel", node.kernel_version);
    out.add("storage driver", node.driver);
    if (node.cpus > 0) out.add("cpus", std::to_string(node.cpus));
    out.add("memory", gigabytes(node.mem_total));
    out.yes_no("initial node", node.initial_member);
    out.list("labels", node.labels);
    return out.take();
}

std::string sources(std::vector<SourceReply> const& sources, Style style) {
    Table table({"name", "state", "drift", "commit", "ref", "policy", "url"}, style);
    for (auto const& one : sources) {
        auto const state = json::enum_name(one.status.state);
        table.add(
            {std::string(one.source.id.leaf()),
             style(state_colour(state), state),
             one.drift.empty() ? "-" : style(Colour::yellow, changes(one.drift.size())),
             commit_of(one.status),
             one.source.ref,
             std::string(json::enum_name(one.source.policy)),
             one.source.kind == model::SourceKind::uploads ? "(uploads)" : one.source.url}
        );
    }
    return table.str();
}

std::string deploy_state(DeployReply const& deploy) {
    auto out = deploy.status;
    if (!deploy.rolled_back_by.empty())
        out += fmt::format(", taken back by {}", core::DeployId(deploy.rolled_back_by).leaf());
    if (!deploy.rollback_of.empty())
        out += fmt::format(", takes back {}", core::DeployId(deploy.rollback_of).leaf());
    return out;
}

std::string deploys(std::vector<DeployReply> const& deploys, Style style) {
    Table table({"deploy", "revision", "state", "started", "cause", "reason"}, style);
    for (auto const& deploy : deploys) {
        table.add(
            {std::string(core::DeployId(deploy.id).leaf()),
             std::to_string(deploy.revision),
             style(state_colour(deploy.status), deploy_state(deploy)),
             when(deploy.created_at),
             cause(deploy.cause),
             deploy.reason}
        );
    }
    return table.str();
}

std::string source(SourceReply const& reply, std::string_view master_url, Style style) {
    auto const& source = reply.source;
    auto const& status = reply.status;
    Lines out;
    out.head(source.id.leaf());
    if (source.kind == model::SourceKind::git) {
        out.add("url", source.url);
        out.add("ref", source.ref);
        out.add("path", source.path);
        out.add("policy", json::enum_name(source.policy));
        out.yes_no("prune", source.prune);
        out.yes_no("self_heal", source.self_heal);
        out.add("interval", fmt::format("{}s", source.interval));
        out.add("username", source.username);
        out.yes_no("credentials", source.has_credentials);
        auto base = master_url;
        while (base.ends_with('/')) base.remove_suffix(1);
        if (!reply.webhook_path.empty())
            out.add("webhook", fmt::format("{}{}", base, reply.webhook_path));
        out.add("webhook secret", reply.webhook_secret);
    }
    auto const state = json::enum_name(status.state);
    out.add("state", style(state_colour(state), state));
    out.add("commit", status.seen_commit);
    if (status.quarantine) quarantine_lines(*status.quarantine, out);
    if (status.applied_commit != status.seen_commit)
        out.add("applied commit", status.applied_commit);
    out.add("plan", status.plan.str());
    out.add("error", status.error);
    if (status.failures > 0) out.add("failures in a row", std::to_string(status.failures));
    std::vector<std::string> texts;
    for (auto const& issue : status.issues) {
        auto text = to_string(issue);
        if (status.error.find(text) == std::string::npos) texts.push_back(std::move(text));
    }
    out.list("issues", texts);
    out.list("warnings", status.warnings);
    texts.clear();
    for (auto const& action : reply.drift) {
        auto const& what = action.service.empty() ? action.stack.str() : action.service.str();
        texts.push_back(fmt::format(
            "{} {}{}{}",
            json::enum_name(action.kind),
            in_grid(what),
            action.reason.empty() ? "" : ": ",
            action.reason
        ));
    }
    out.list("drift from this source", texts);
    return out.take();
}

std::string stacks(std::vector<StackReply> const& stacks, Style style) {
    Table table({"name", "stack", "services", "state", "source", "exposed ports"}, style);
    for (auto const& stack : stacks) {
        std::vector<model::PortMapping> all;
        for (auto const& service : stack.services)
            all.insert(all.end(), service.ports.begin(), service.ports.end());
        table.add(
            {stack.name,
             fmt::format("{}:{}", stack.stack, stack.version),
             std::to_string(stack.services.size()),
             style(state_colour(stack.state), stack.state),
             stack.owner,
             ports(all)}
        );
    }
    return table.str();
}

std::string stack(StackReply const& stack, Style style) {
    Lines out;
    out.head(stack.name);
    out.add("created", when(stack.created_at));
    out.add("updated", when(stack.updated_at));
    out.add("state", style(state_colour(stack.state), stack.state));
    out.add("stack", stack.stack);
    out.add("version", stack.version);
    out.add("revision", std::to_string(stack.revision));
    out.add("expose", stack.expose.value_or("-"));
    out.add("source", stack.owner);
    out.add("commit", stack.commit);
    if (!stack.origin.file.empty())
        out.add("file", fmt::format("{}:{}", stack.origin.file, stack.origin.line));
    out.list("labels", stack.labels);
    if (!stack.variables.empty()) out.raw("  variables:\n");
    for (auto const& [name, value] : stack.variables) out.add(name, value, 2);
    out.raw("  services:\n");
    for (auto const& service : stack.services) {
        out.raw(fmt::format("    {}:\n", service.name));
        out.add("image", service.image, 3);
        out.add("state", service.status, 3);
        out.add(
            "instances", fmt::format("{} / {}", service.instance_counts.running, wanted(service)), 3
        );
        out.add("revision", std::to_string(service.revision), 3);
        out.add("ports", ports(service.ports), 3);
    }
    return out.take();
}

std::string services(std::vector<ServiceReply> const& services, Style style) {
    Table table(
        {"name", "instances", "stateful", "state", "exposed ports", "image"}, style, "image"
    );
    for (auto const& service : services) {
        auto const& state = service.status;
        table.add(
            {fmt::format("{} {}", health_icon(service, style), stack_service(service)),
             fmt::format("{} / {}", service.instance_counts.running, wanted(service)),
             service.stateful ? "yes" : "no",
             style(state_colour(state), state),
             ports(service.ports),
             service.image}
        );
    }
    return table.str();
}

std::string service(ServiceReply const& service, Style style) {
    Lines out;
    out.head(service.id);
    out.add("created", when(service.created_at));
    out.add("updated", when(service.updated_at));
    out.add("stack", service.stack.name);
    out.add("state", style(state_colour(service.status), service.status));
    out.add("image", service.image);
    out.add("revision", std::to_string(service.revision));
    if (!service.origin.file.empty())
        out.add("defined in", fmt::format("{}:{}", service.origin.file, service.origin.line));
    out.add("changed by", cause(service.cause));
    spec_lines(service, out);
    if (service.deploy) deploy_lines(*service.deploy, out);
    out.raw(fmt::format("  running: {} of {}\n", service.instance_counts.running, wanted(service)));
    if (!service.instances_detail.empty()) out.raw("  containers:\n");
    for (auto const& instance : service.instances_detail)
        instance_lines(instance, stack_service(service), out);
    return out.take();
}

std::string plans(std::vector<ListedPlan> const& plans, Style style) {
    Table table({"plan", "hash", "created", "state", "actions", "cause"}, style);
    for (auto const& one : plans) {
        auto const state = json::enum_name(one.progress.state);
        table.add(
            {std::string(one.id.leaf()),
             one.hash,
             core::format_time(one.created_at),
             style(state_colour(state), state),
             summary(one),
             cause(one.cause)}
        );
    }
    return table.str();
}

std::string event_header(Style style) {
    return style(Colour::bold, fmt::format("{:<25} {:<25} {}", "TIME", "TYPE", "MESSAGE")) + "\n";
}

namespace {

/// Without the detail when the message has said it.
std::string cause_beside(model::Cause known, std::string_view message) {
    if (message.find(known.detail) != message.npos) known.detail.clear();
    return cause(known);
}

} // namespace

std::string event(EventReply const& event, Style style) {
    auto const colour = event.severity >= 3   ? Colour::red
                        : event.severity == 2 ? Colour::yellow
                                              : Colour::none;
    auto out = style(colour, fmt::format("{:<25}", event.created_at));
    out += fmt::format(" {:<25} {}", event.type, event.message);
    auto const* meta = event.meta.if_object();
    if (meta == nullptr) return out + "\n";
    std::string more;
    std::string why;
    for (auto const& [key, value] : *meta) {
        std::string_view const name = key;
        if (name == "cause") {
            auto const decoded = json::decode<model::Cause>(value);
            if (decoded) why = cause_beside(*decoded, event.message);
        } else if (name != "index" && name != "kind" && name != "failure") {
            auto const* text = value.if_string();
            auto const full = text == nullptr ? json::serialize(value) : std::string(*text);
            auto const shown = name == "commit" ? full.substr(0, kShortCommit) : in_grid(full);
            if (!value.is_null() && !shown.empty() &&
                event.message.find(shown) == std::string::npos)
                more += fmt::format(" {}={}", name, shown);
        }
    }
    if (!why.empty()) more += " — " + why;
    return out + style(Colour::dim, more) + "\n";
}

namespace {

/// What a crash or a failed deploy left behind.
void failure_of(EventReply const& event, Lines& out) {
    auto const* meta = event.meta.if_object();
    auto const* value = meta == nullptr ? nullptr : meta->if_contains("failure");
    if (value == nullptr) return;
    auto const failure = json::decode<model::DeployFailure>(*value);
    if (!failure) return;
    if (!failure->gate.empty()) failure_lines(*failure, out);
    if (failure->gate.empty()) out.tail("last lines", failure->log_tail, 2);
}

} // namespace

std::string why(WhyReply const& reply, Style style) {
    Lines out;
    auto const name = in_grid(reply.service);
    out.raw(fmt::format(
        "{}: {}, {} wanted{}\n",
        style(Colour::bold, name),
        style(state_colour(reply.status), reply.status),
        reply.wanted,
        reply.at.empty() ? "" : fmt::format(" (at {})", reply.at)
    ));
    if (reply.deploy && reply.deploy->status != "deployed") deploy_lines(*reply.deploy, out);
    if (reply.taken_back) {
        out.raw("  This is the last good definition again, because another one failed:\n");
        deploy_lines(*reply.taken_back, out);
    }
    for (auto const& one : reply.instances) {
        auto const mark = one.running ? style(Colour::green, "✓") : style(Colour::red, "✗");
        out.raw(fmt::format("  {} {}-{}: {}\n", mark, name, one.number, one.verdict));
        out.add("since", when(one.since), 3);
        out.add(one.node.empty() ? "no place" : "placed", explanation(one.explanation), 3);
        out.add("because of", cause(one.cause), 3);
        out.tail("last lines of its log", one.log_tail, 3);
    }
    if (!reply.chain.empty()) out.raw("\nWhat led there, the newest last:\n");
    for (auto const& link : reply.chain) {
        out.raw(event(link, style));
        failure_of(link, out);
    }
    return out.take();
}

} // namespace kontena::cli::render
