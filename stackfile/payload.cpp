#include "stackfile/payload.hpp"

#include "core/json/codec.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cmath>

namespace kontena::stackfile {

namespace bj = boost::json;

namespace {

bj::value to_json(Value const& value) {
    if (auto const* flag = std::get_if<bool>(&value)) return *flag;
    if (auto const* number = std::get_if<std::int64_t>(&value)) return *number;
    if (auto const* text = std::get_if<std::string>(&value)) return bj::string(*text);
    if (auto const* real = std::get_if<double>(&value); real != nullptr && std::isfinite(*real))
        return *real;
    if (auto const* list = std::get_if<List>(&value)) {
        bj::array out;
        for (auto const& item : *list) out.push_back(to_json(item));
        return out;
    }
    return is_null(value) ? bj::value(nullptr) : bj::value(to_text(value));
}

bj::value to_json(yaml::YamlNode const& node) {
    if (node.is_sequence()) {
        bj::array out;
        for (auto const& item : node.items) out.push_back(to_json(item));
        return out;
    }
    if (!node.is_map()) return to_json(from_node(node));
    bj::object out;
    for (auto const& [key, value] : node.entries) out[key.text] = to_json(value);
    return out;
}

bj::object to_json(Options const& options) {
    bj::object out;
    for (auto const& [name, value] : options) out[name] = to_json(value);
    return out;
}

bj::array to_json(std::vector<model::Link> const& links) {
    bj::array out;
    for (auto const& link : links) out.push_back({{"name", link.name}, {"alias", link.alias}});
    return out;
}

bj::array to_json(std::vector<model::PortMapping> const& ports) {
    bj::array out;
    for (auto const& port : ports)
        out.push_back(
            {{"ip", port.ip},
             {"container_port", port.container_port},
             {"node_port", port.node_port},
             {"protocol", json::enum_name(port.protocol)}}
        );
    return out;
}

bj::object hooks(Field<std::vector<HookPoint>> const& field) {
    bj::object out;
    for (auto const& point : field.value.value_or(std::vector<HookPoint>{})) {
        auto& list = out[point.name];
        if (!point.hooks) continue;
        bj::array hooks;
        for (auto const& hook : *point.hooks) {
            bj::object made{{"name", hook.name}, {"cmd", hook.cmd}};
            if (!is_null(hook.instances)) made["instances"] = to_json(hook.instances);
            if (hook.oneshot) made["oneshot"] = *hook.oneshot;
            hooks.push_back(std::move(made));
        }
        list = std::move(hooks);
    }
    return out;
}

bj::object deploy_opts(Deploy const& deploy) {
    bj::object out{
        {"wait_for_port", json::encode(deploy.wait_for_port)},
        {"min_health", json::encode(deploy.min_health)},
        {"interval", json::encode(deploy.interval)},
    };
    if (deploy.reschedule_after) out["reschedule_after"] = *deploy.reschedule_after;
    return out;
}

bj::object health_check(HealthCheck const& check) {
    return {
        {"port", json::encode(check.port)},
        {"protocol", json::encode(check.protocol)},
        {"uri", json::encode(check.uri)},
        {"timeout", json::encode(check.timeout)},
        {"interval", json::encode(check.interval)},
        {"initial_delay", json::encode(check.initial_delay)},
    };
}

bj::object build_object(Build const& build) {
    bj::object out{{"context", build.context}};
    if (build.dockerfile) out["dockerfile"] = *build.dockerfile;
    if (build.args) out["args"] = to_json(*build.args);
    return out;
}

bj::value list(Field<Texts> const& field) { return json::encode(field.value.value_or(Texts{})); }

template <class T>
void add(bj::object& out, std::string_view key, Field<T> const& field) {
    if (field.value) out[key] = json::encode(*field.value);
}

/// Keys that are there only when the file has them.
void add_conditional(bj::object& out, Service const& service) {
    add(out, "memory", service.memory);
    add(out, "memory_swap", service.memory_swap);
    add(out, "shm_size", service.shm_size);
    add(out, "cpus", service.cpus);
    add(out, "cpu_shares", service.cpu_shares);
    add(out, "cmd", service.cmd);
    add(out, "entrypoint", service.entrypoint);
    add(out, "user", service.user);
    add(out, "pid", service.pid);
    add(out, "stop_signal", service.stop_signal);
    add(out, "stop_grace_period", service.stop_grace_period);
    add(out, "net", service.net);
    add(out, "privileged", service.privileged);
    add(out, "cap_add", service.cap_add);
    add(out, "cap_drop", service.cap_drop);
    add(out, "secrets", service.secrets);
    add(out, "certificates", service.certificates);
    if (service.build.value) out["build"] = build_object(*service.build.value);
}

bj::object service_object(std::string const& name, Service const& service) {
    auto const deploy = service.deploy.value.value_or(Deploy{});
    auto const logging = service.logging.value.value_or(Logging{});
    bj::object out{
        {"name", name},
        {"image", json::encode(service.image.value)},
        {"instances", json::encode(service.instances.value)},
        {"stateful", service.stateful.value.value_or(false)},
        {"read_only", service.read_only.value.value_or(false)},
        {"env", json::encode(service.env.value)},
        {"links", to_json(all_links(service))},
        {"external_links",
         to_json(service.external_links.value.value_or(std::vector<model::Link>{}))},
        {"ports", to_json(service.ports.value.value_or(std::vector<model::PortMapping>{}))},
        {"volumes", list(service.volumes)},
        {"volumes_from", list(service.volumes_from)},
        {"affinity", list(service.affinity)},
        {"deploy_opts", deploy_opts(deploy)},
        {"hooks", hooks(service.hooks)},
        {"health_check", health_check(service.health_check.value.value_or(HealthCheck{}))},
        {"log_driver", json::encode(logging.driver)},
        {"log_opts", logging.options ? bj::value(to_json(*logging.options)) : bj::value(nullptr)},
    };
    if (deploy.strategy) out["strategy"] = *deploy.strategy;
    add_conditional(out, service);
    return out;
}

bj::array dependency_list(std::vector<Dependency> const& dependencies) {
    bj::array out;
    for (auto const& child : dependencies) {
        bj::object variables;
        for (auto const& [name, value] : child.variables) variables[name] = to_json(value);
        bj::object made{
            {"name", child.name},
            {"stack", child.document.reference},
            {"variables", std::move(variables)},
        };
        if (!child.depends.empty()) made["depends"] = dependency_list(child.depends);
        out.push_back(std::move(made));
    }
    return out;
}

} // namespace

bj::value payload(Stack const& stack) {
    bj::array services;
    for (auto const& [name, spec, origin] : stack.services)
        services.push_back(service_object(name, *spec));
    bj::array volumes;
    for (auto const& volume : stack.volumes)
        volumes.push_back({{"name", volume.name}, {"external", volume.external}});
    bj::object variables;
    for (auto const& [name, value] : stack.variables) variables[name] = to_json(value);
    auto const nothing = bj::value(nullptr);
    return bj::object{
        {"stack", stack.stack},
        {"version", stack.version},
        {"name", stack.name},
        {"labels", json::encode(stack.labels)},
        {"registry", stack.registry},
        {"expose", stack.expose.empty() ? nothing : bj::value(stack.expose)},
        {"services", std::move(services)},
        {"volumes", std::move(volumes)},
        {"dependencies",
         stack.dependencies.empty() ? nothing : bj::value(dependency_list(stack.dependencies))},
        {"source", stack.source},
        {"variables", std::move(variables)},
        {"metadata", stack.metadata.is_map() ? to_json(stack.metadata) : bj::value(bj::object())},
        {"parent", stack.parent_name.empty() ? nothing : bj::value{{"name", stack.parent_name}}},
    };
}

} // namespace kontena::stackfile
