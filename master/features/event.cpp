#include "master/features/event.hpp"

#include "core/json/codec.hpp"
#include "core/model/deploy.hpp"
#include "core/model/node.hpp"
#include "core/model/plan.hpp"
#include "core/model/service.hpp"
#include "core/model/source.hpp"

#include <array>
#include <string_view>

namespace kontena::master {
namespace {

namespace bj = boost::json;
using model::DeployState;
using model::InstanceState;

/// `before` and `after` of a row as objects; empty where there was none or it cannot be read.
template <class T>
struct Documents {
    explicit Documents(JournalRow const& row)
        : before(read(row.before))
        , after(read(row.after)) {}

    static std::optional<T> read(std::string const& text) {
        if (text.empty()) return std::nullopt;
        auto out = json::decode_text<T>(text);
        return out ? std::optional<T>(std::move(*out)) : std::nullopt;
    }

    std::optional<T> before;
    std::optional<T> after;
};

std::string short_name(core::ServiceId const& id) {
    return fmt::format("{}/{}", core::stack_of(id).leaf(), id.leaf());
}

std::string short_name(core::InstanceId const& id) {
    return fmt::format("{}-{}", short_name(core::service_of(id)), id.leaf());
}

std::optional<Event> on_node(JournalRow const& row) {
    Documents<model::Node> const node(row);
    core::NodeId const id(row.id);
    auto const name = id.leaf();
    if (!node.after)
        return Event{Severity::warn, "node:removed", fmt::format("node {} was removed", name)};
    if (!node.before)
        return Event{Severity::info, "node:created", fmt::format("node {} was created", name)};
    if (node.before->connected != node.after->connected) {
        if (node.after->connected)
            return Event{Severity::info, "node:connected", fmt::format("node {} is online", name)};
        return Event{
            Severity::warn,
            "node:disconnected",
            fmt::format("node {} is offline: {}", name, row.cause.detail)
        };
    }
    if (node.before->availability != node.after->availability) {
        auto const to = json::enum_name(node.after->availability);
        return Event{
            Severity::info, "node:availability", fmt::format("node {} is set to {}", name, to)
        };
    }
    return std::nullopt;
}

std::optional<Event> on_service(JournalRow const& row) {
    Documents<model::Service> const service(row);
    auto const name = short_name(core::ServiceId(row.id));
    if (!service.after)
        return Event{Severity::info, "service:removed", fmt::format("service {} is removed", name)};
    if (!service.before)
        return Event{Severity::info, "service:created", fmt::format("service {} is created", name)};
    if (service.before->state != service.after->state) {
        auto const to = json::enum_name(service.after->state);
        return Event{
            Severity::info, "service:state", fmt::format("service {} is set to {}", name, to)
        };
    }
    if (service.before->deploys == service.after->deploys) return std::nullopt;
    auto const before = service.before->spec().instances;
    auto const after = service.after->spec().instances;
    bool const same = service.before->current().number == service.after->current().number;
    if (same && before == after)
        return Event{
            Severity::info, "service:deployed", fmt::format("service {} is deployed again", name)
        };
    if (same) {
        return Event{
            Severity::info,
            "service:scaled",
            fmt::format("service {} is scaled from {} to {}", name, before, after)
        };
    }
    return Event{
        Severity::info,
        "service:updated",
        fmt::format("service {} is updated to revision {}", name, service.after->current().number),
    };
}

std::optional<Event> on_deploy(JournalRow const& row) {
    Documents<model::Deploy> const deploy(row);
    if (!deploy.after || (deploy.before && deploy.before->state == deploy.after->state))
        return std::nullopt;
    auto const name = short_name(deploy.after->service);
    auto const& cause = deploy.after->cause;
    switch (deploy.after->state) {
    case DeployState::created:
        return std::nullopt;
    case DeployState::ongoing:
        return Event{
            Severity::info, "service:deploy", fmt::format("{}: deploy started", name), cause
        };
    case DeployState::success:
        return Event{
            Severity::info, "service:deploy", fmt::format("{}: deploy succeeded", name), cause
        };
    case DeployState::error:
        return Event{
            deploy.after->failure ? Severity::error : Severity::info,
            "service:deploy",
            fmt::format(
                "{}: deploy {}: {}",
                name,
                deploy.after->failure ? "failed" : "ended",
                deploy.after->reason
            ),
            cause,
            deploy.after->failure
        };
    }
    return std::nullopt;
}

std::optional<Event> on_assignment(JournalRow const& row) {
    Documents<model::Assignment> const it(row);
    auto const name = short_name(core::InstanceId(row.id));
    if (!it.after) {
        auto const from = it.before ? it.before->node.leaf() : std::string_view("its node");
        return Event{
            Severity::info, "instance:withdrawn", fmt::format("{} is taken off {}", name, from)
        };
    }
    if (!it.before) {
        return Event{
            Severity::info,
            "instance:assigned",
            fmt::format(
                "{} is assigned to {} ({})",
                name,
                it.after->node.leaf(),
                it.after->explanation.winner
            ),
        };
    }
    if (it.before->node != it.after->node) {
        return Event{
            Severity::warn,
            "instance:moved",
            fmt::format(
                "{} moves from {} to {}: {}",
                name,
                it.before->node.leaf(),
                it.after->node.leaf(),
                it.after->cause.detail
            ),
        };
    }
    if (it.before->revision == it.after->revision) return std::nullopt;
    return Event{
        Severity::info,
        "instance:replaced",
        fmt::format(
            "{} is replaced on {} by revision {}", name, it.after->node.leaf(), it.after->revision
        ),
    };
}

model::DeployFailure failure_of(model::Observation const& seen) {
    return {
        .instance = std::stoi(std::string(seen.id.leaf())),
        .node = seen.node,
        .reason = seen.error,
        .exit_code = seen.exit_code,
        .log_tail = seen.log_tail,
    };
}

std::optional<Event> on_observation(JournalRow const& row) {
    Documents<model::Observation> const seen(row);
    auto const name = short_name(core::InstanceId(row.id));
    if (!seen.after)
        return Event{Severity::debug, "instance:gone", fmt::format("{} is gone", name)};
    auto const& now = *seen.after;
    auto const on = now.node.leaf();
    // An exit is reported twice: when it is seen, and with its exit code and log when it is
    // counted.
    bool const counted =
        now.restarts >
        (seen.before && seen.before->target == now.target ? seen.before->restarts : 0);
    if (now.state == InstanceState::restarting && !counted) return std::nullopt;
    bool const same =
        seen.before && seen.before->state == now.state && seen.before->restarts == now.restarts;
    if (same && seen.before->health == now.health) return std::nullopt;
    if (now.state == InstanceState::restarting) {
        auto const why = now.error.empty() ? "its container exited" : now.error;
        return Event{
            Severity::warn,
            "instance:crash",
            fmt::format("{} on {}: {}", name, on, why),
            std::nullopt,
            failure_of(now)
        };
    }
    if (now.state == InstanceState::failed) {
        return Event{
            Severity::error,
            "instance:failed",
            fmt::format("{} on {}: {}", name, on, now.error),
            std::nullopt,
            failure_of(now)
        };
    }
    if (now.health == model::Health::unhealthy) {
        return Event{
            Severity::warn,
            "instance:unhealthy",
            fmt::format("{} on {} is unhealthy: {}", name, on, now.error)
        };
    }
    if (now.state == InstanceState::running && !same) {
        return Event{Severity::info, "instance:running", fmt::format("{} runs on {}", name, on)};
    }
    if (now.state == InstanceState::stopped) {
        return Event{
            Severity::info, "instance:stopped", fmt::format("{} is stopped on {}", name, on)
        };
    }
    return std::nullopt;
}

std::optional<Event> on_status(JournalRow const& row) {
    Documents<model::SourceStatus> const status(row);
    if (!status.after) return std::nullopt;
    auto const& now = *status.after;
    bool const same_state = status.before && status.before->state == now.state;
    if (same_state && status.before->seen_commit == now.seen_commit &&
        status.before->error == now.error)
        return std::nullopt;
    auto const name = now.id.leaf();
    auto const commit = now.seen_commit.substr(0, 7);
    switch (now.state) {
    case model::SyncState::waiting:
        return std::nullopt;
    case model::SyncState::synced:
        return Event{
            Severity::info,
            "source:synced",
            fmt::format("source {}: {} is applied", name, commit.empty() ? "an upload" : commit)
        };
    case model::SyncState::out_of_sync:
        return Event{
            Severity::info,
            "source:out_of_sync",
            fmt::format("source {}: {} waits for a sync", name, commit)
        };
    case model::SyncState::refused:
        return Event{
            Severity::error, "source:refused", fmt::format("source {}: {}", name, now.error)
        };
    case model::SyncState::unreachable:
        return Event{
            Severity::warn, "source:unreachable", fmt::format("source {}: {}", name, now.error)
        };
    case model::SyncState::failed:
        return Event{
            Severity::error,
            "source:quarantined",
            fmt::format(
                "source {}: {} is quarantined{}: {}",
                name,
                commit,
                now.quarantine && now.quarantine->rolled_back ? " and taken back" : "",
                now.error
            )
        };
    }
    return std::nullopt;
}

std::optional<Event> on_plan(JournalRow const& row) {
    Documents<model::Plan> const plan(row);
    if (!plan.after) return std::nullopt;
    bool const applied = plan.after->applied_at.has_value();
    if (plan.before && plan.before->applied_at == plan.after->applied_at) return std::nullopt;
    return Event{
        Severity::info,
        applied ? "plan:applied" : "plan:saved",
        fmt::format(
            "plan {} is {}: {} action{}",
            plan.after->id.leaf(),
            applied ? "applied" : "saved",
            plan.after->actions.size(),
            plan.after->actions.size() == 1 ? "" : "s"
        ),
    };
}

std::optional<Event> on_named(JournalRow const& row) {
    if (row.operation == "update") return std::nullopt;
    auto const past = row.operation == "create" ? "created" : "removed";
    return Event{
        Severity::info,
        fmt::format("{}:{}", row.kind, past),
        fmt::format("{} {} is {}", row.kind, row.id, past)
    };
}

struct Teller {
    std::string_view kind;
    std::optional<Event> (*tell)(JournalRow const&);
};

constexpr std::array kTellers = {
    Teller{"node", on_node},
    Teller{"service", on_service},
    Teller{"deploy", on_deploy},
    Teller{"assignment", on_assignment},
    Teller{"observation", on_observation},
    Teller{"source_status", on_status},
    Teller{"plan", on_plan},
    Teller{"grid", on_named},
    Teller{"stack", on_named},
    Teller{"source", on_named},
    Teller{"token", on_named},
};

} // namespace

std::optional<Event> describe(JournalRow const& row) {
    for (auto const& teller : kTellers) {
        if (teller.kind == row.kind) return teller.tell(row);
    }
    return std::nullopt;
}

std::optional<bj::object> event_json(JournalRow const& row) {
    auto const event = describe(row);
    if (!event) return std::nullopt;
    bj::object meta{
        {"index", row.index},
        {"kind", row.kind},
        {"object", row.id},
        {"cause", json::encode(event->cause.value_or(row.cause))},
    };
    if (event->failure) meta["failure"] = json::encode(*event->failure);
    return bj::object{
        {"id", fmt::format("{}.{}", row.index, row.seq)},
        {"created_at", core::format_time(row.time)},
        {"severity", int(event->severity)},
        {"type", event->type},
        {"message", event->message},
        {"meta", std::move(meta)},
        {"relationships", bj::array{bj::object{{"id", row.id}, {"type", row.kind}}}},
    };
}

std::vector<std::string> event_kinds() {
    std::vector<std::string> out;
    for (auto const& teller : kTellers) out.emplace_back(teller.kind);
    return out;
}

} // namespace kontena::master
