#include "master/control/grid_views.hpp"
#include "master/features/feature.hpp"
#include "master/features/status.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace kontena::master {
namespace {

namespace bj = boost::json;

std::string text(std::optional<core::TimePoint> const& time) {
    return time ? core::format_time(*time) : "";
}

bj::value time_or_null(std::optional<core::TimePoint> const& time) {
    return time ? bj::value(text(time)) : bj::value(nullptr);
}

template <class T>
int count(State const& state, std::string const& prefix) {
    int out = 0;
    state.all<T>().for_prefix(prefix, [&](auto const&, auto const&) { ++out; });
    return out;
}

std::string_view status_of(model::Node const& node) {
    if (node.engine_id.empty()) return "created";
    if (!node.connected) return "offline";
    if (node.info.docker_version.empty()) return "connecting";
    return node.availability == model::Availability::drain ? "drain" : "online";
}

bj::object grid_block(model::Grid const& grid) {
    return {
        {"id", grid.id.str()},
        {"name", grid.name},
        {"initial_size", grid.initial_size},
        {"subnet", grid.subnet},
        {"supernet", grid.supernet},
        {"trusted_subnets", json::encode(grid.trusted_subnets)},
    };
}

/// The spec's fields stand at the top level, volumes in their text form, as clients know them.
bj::object spec_fields(model::ServiceSpec const& spec) {
    auto out = json::encode(spec).as_object();
    bj::array volumes;
    for (auto const& volume : spec.volumes) volumes.emplace_back(to_string(volume));
    out["volumes"] = std::move(volumes);
    if (!spec.health_check) out.erase("health_check");
    return out;
}

bool offline(State const& state, core::NodeId const& id) {
    auto const node = state.find<model::Node>(id);
    return !node || !node->connected;
}

} // namespace

bj::object show(model::Grid const& grid, State const& state) {
    auto out = grid_block(grid);
    auto const prefix = grid.id.str() + "/";
    out.emplace("default_affinity", json::encode(grid.default_affinity));
    out.emplace("stats", bj::object{{"statsd", nullptr}});
    out.emplace("node_count", count<model::Node>(state, prefix));
    out.emplace("stack_count", count<model::Stack>(state, prefix));
    out.emplace("service_count", count<model::Service>(state, prefix));
    out.emplace("container_count", count<model::Observation>(state, prefix));
    out.emplace("created_at", core::format_time(grid.created_at));
    return out;
}

bj::object show(model::Node const& node, State const& state) {
    bj::object out{
        {"id", node.id.str()},
        {"node_id", node.engine_id},
        {"name", node.id.leaf()},
        {"node_number", node.number},
        {"connected", node.connected},
        {"updated", !node.info.docker_version.empty()},
        {"status", status_of(node)},
        {"availability", json::enum_name(node.availability)},
        {"has_token", !node.token_hash.empty()},
        {"labels", json::encode(node.labels)},
        {"created_at", core::format_time(node.created_at)},
        {"updated_at", core::format_time(node.updated_at)},
        {"connected_at", time_or_null(node.connected_at)},
        {"disconnected_at", time_or_null(node.disconnected_at)},
        // Who is there is seen all the time, which is not written down.
        {"last_seen_at", time_or_null(node.connected ? std::nullopt : node.disconnected_at)},
        {"os", node.info.os},
        {"kernel_version", node.info.kernel_version},
        {"driver", node.info.driver},
        {"engine_root_dir", node.info.engine_root_dir},
        {"docker_version", node.info.docker_version},
        {"agent_version", node.info.agent_version},
        {"mem_total", node.info.mem_total},
        {"cpus", node.info.cpus},
        {"public_ip", node.info.public_ip},
        {"private_ip", node.info.private_ip},
    };
    bj::array drivers;
    for (auto const& name : node.info.volume_drivers)
        drivers.push_back(bj::object{{"name", name}, {"version", nullptr}});
    out.emplace("volume_drivers", std::move(drivers));
    auto const grid = state.find<model::Grid>(core::grid_of(node.id));
    if (grid) out.emplace("grid", grid_block(*grid));
    if (grid) out.emplace("initial_member", node.number <= grid->initial_size);
    return out;
}

bj::object show(model::Stack const& stack, State const& state) {
    bj::array services;
    std::vector<std::string_view> words;
    state.all<model::Service>().for_prefix(
        stack.id.str() + "/",
        [&](auto const& id, auto const& service) {
            services.push_back(show(*service, state));
            if (auto const view = service_view(state, id))
                words.push_back(service_status(state, *view));
        }
    );
    return {
        {"id", stack.id.str()},
        {"name", stack.id.leaf()},
        {"state", stack_status(words)},
        {"stack", stack.spec->stack},
        {"version", stack.spec->version},
        {"revision", stack.number},
        {"expose",
         stack.spec->expose.empty() ? bj::value(nullptr) : bj::value(bj::string(stack.spec->expose))
        },
        {"source", stack.spec->source},
        {"variables", json::encode(stack.spec->variables)},
        {"labels", json::encode(stack.spec->labels)},
        {"services", std::move(services)},
        {"owner", stack.owner.leaf()},
        {"commit", stack.commit},
        {"origin", json::encode(stack.spec->origin)},
        {"created_at", core::format_time(stack.created_at)},
        {"updated_at", core::format_time(stack.updated_at)},
    };
}

bj::object show(model::Service const& service, State const& state) {
    auto const view = service_view(state, service.id);
    auto out = spec_fields(service.spec());
    auto const stack = core::stack_of(service.id);
    out["id"] = service.id.str();
    out["name"] = service.id.leaf();
    out["state"] = json::enum_name(service.state);
    out["status"] = view ? service_status(state, *view) : "initialized";
    out["revision"] = service.current().number;
    out["grid"] = bj::object{{"id", service.id.root()}};
    out["stack"] = bj::object{{"id", stack.str()}, {"name", stack.leaf()}};
    out["instance_counts"] = bj::object{
        {"total", view ? wanted_instances(*view) : 0},
        {"running", view ? running_instances(state, *view) : 0}
    };
    out["deploy"] =
        view && view->deploy ? bj::value(show(*view->deploy, state)) : bj::value(nullptr);
    out["origin"] = json::encode(service.origin);
    out["cause"] = json::encode(service.cause);
    out["created_at"] = core::format_time(service.created_at);
    out["updated_at"] = core::format_time(service.updated_at);
    return out;
}

bj::object show(model::Deploy const& deploy, State const& state) {
    auto out = json::encode(deploy).as_object();
    auto const service = state.find<model::Service>(deploy.service);
    out["service_id"] = deploy.service.str();
    out["status"] = deploy_status(deploy);
    out["queued_at"] = core::format_time(deploy.created_at);
    out["instance_count"] = service ? service->spec().instances : 0;
    out["instance_deploys"] = std::move(out["instances"]);
    out.erase("instances");
    out.erase("planned");
    return out;
}

bj::object show_instance(State const& state, model::Service const& service, int number) {
    auto const id = core::instance_id(service.id, number);
    auto const assignment = state.find<model::Assignment>(id);
    auto const seen = state.find<model::Observation>(id);
    bool const current = seen && (!assignment || seen->node == assignment->node);
    bj::object out{{"id", id.str()}, {"instance_number", number}, {"number", number}};
    auto const node_id = assignment ? assignment->node : seen ? seen->node : core::NodeId{};
    out["node"] = bj::object{{"id", node_id.str()}, {"name", node_id.leaf()}};
    out["desired_state"] = assignment ? json::enum_name(assignment->desired_state) : "removed";
    out["state"] = current ? json::enum_name(seen->state) : "missing";
    out["health"] = current ? json::enum_name(seen->health) : "unknown";
    out["error"] = current ? seen->error : "";
    if (assignment && offline(state, node_id))
        out["error"] = fmt::format("its node {} is offline", node_id.leaf());
    out["revision"] = current ? seen->revision : 0;
    out["wanted_revision"] = assignment ? assignment->revision : 0;
    out["container_id"] = current ? seen->container_id : "";
    out["restarts"] = current ? seen->restarts : 0;
    out["exit_code"] =
        current && seen->exit_code ? bj::value(*seen->exit_code) : bj::value(nullptr);
    out["log_tail"] = current ? json::encode(seen->log_tail) : bj::value(bj::array{});
    if (current) out["since"] = core::format_time(seen->since);
    if (assignment) {
        out["explanation"] = json::encode(assignment->explanation);
        out["cause"] = json::encode(assignment->cause);
        out["created_at"] = core::format_time(assignment->created_at);
        out["updated_at"] = core::format_time(assignment->updated_at);
    }
    return out;
}

} // namespace kontena::master
