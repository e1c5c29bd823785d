#include "stackfile/validate/checker.hpp"

#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using yaml::Kind;
using yaml::YamlNode;

namespace {

/// What people who know Compose files write, and what to write instead.
constexpr std::array<std::pair<std::string_view, std::string_view>, 38> kForeign{{
    {"cgroup_parent", "Kontena does not set control groups"},
    {"cmd", "write command:"},
    {"configs", "give files with volumes:, values with environment:"},
    {"container_name", "containers are named after stack, service and instance"},
    {"cpu_quota", "write cpus: to reserve, or cpu_shares: to weigh"},
    {"credential_spec", "it is not part of the stack file format"},
    {"devices", "write privileged: true, or bind mounts below volumes:"},
    {"dns", "containers use the DNS of the grid"},
    {"dns_search", "containers use the DNS of the grid"},
    {"dockerfile", "write build: with context and dockerfile"},
    {"domainname", "the domain is that of the grid"},
    {"env", "write environment:"},
    {"expose",
     "services of a grid reach each other's ports; write expose: at the top level to name "
     "the service that stands for the stack"},
    {"extra_hosts", "services are found by DNS: <service>.<stack>.<grid>.kontena.local"},
    {"group_add", "write user: with the group, uid:gid"},
    {"healthcheck", "write health_check: with protocol and port"},
    {"hostname", "containers are named after service and instance"},
    {"init", "it is not part of the stack file format"},
    {"ipc", "it is not part of the stack file format"},
    {"labels", "a stack has labels, a service has none"},
    {"log_driver", "write logging: with driver"},
    {"log_opt", "write logging: with options"},
    {"mac_address", "it is not part of the stack file format"},
    {"memory", "write mem_limit:"},
    {"mem_reservation", "write mem_limit:"},
    {"mem_swap_limit", "write memswap_limit:"},
    {"net", "write network_mode:"},
    {"networks", "all services share the grid's network"},
    {"oom_score_adj", "it is not part of the stack file format"},
    {"replicas", "write instances: next to image:"},
    {"restart", "Kontena always restarts the containers of a service"},
    {"scale", "write instances:"},
    {"security_opt", "write privileged:, cap_add: or cap_drop:"},
    {"stdin_open", "services run without a terminal"},
    {"sysctls", "it is not part of the stack file format"},
    {"tmpfs", "it is not part of the stack file format"},
    {"tty", "services run without a terminal"},
    {"working_dir", "write command: sh -c 'cd ... && exec ...'"},
}};

std::string unknown_key(std::string_view key, std::span<KeyRule const> rules) {
    if (auto const hint = instead_of_foreign_key(key); !hint.empty())
        return fmt::format("unknown key; {}", hint);
    std::vector<std::string_view> known;
    for (auto const& rule : rules) known.push_back(rule.name);
    return "unknown key" + core::suggestion(key, known);
}

} // namespace

std::string wrong_kind(std::string_view wanted, YamlNode const& value) {
    return fmt::format("must be {}, not {}", wanted, yaml::describe(value.kind));
}

std::string_view instead_of_foreign_key(std::string_view key) {
    auto const foreign = std::ranges::find(kForeign, key, [](auto const& f) { return f.first; });
    return foreign == kForeign.end() ? std::string_view{} : foreign->second;
}

void check_map(Checker& in, YamlNode const& map, std::span<KeyRule const> rules) {
    if (!map.is_map()) {
        in.refuse(map, wrong_kind("a map", map));
        return;
    }
    for (auto const& [key, value] : map.entries) {
        if (in.report().full()) return;
        if (!key.is_scalar()) {
            in.refuse(key, "a key must be a string");
            continue;
        }
        auto const rule = std::ranges::find(rules, key.text, &KeyRule::name);
        in.within(key.text, [&] {
            if (rule == rules.end()) {
                in.refuse(key, unknown_key(key.text, rules));
            } else if (!value.is_null()) {
                rule->check(in, value);
            }
        });
    }
    for (auto const& rule : rules) {
        auto const* value = rule.required ? map.find(rule.name) : nullptr;
        if (rule.required && (value == nullptr || value->is_null()))
            in.within(rule.name, [&] { in.refuse(map, "missing"); });
    }
}

void check_string(Checker& in, YamlNode const& value) {
    if (value.is_string()) return;
    auto reason = wrong_kind("a string", value);
    if (value.is_scalar() && !value.is_null())
        reason += fmt::format(": write it in quotes, \"{}\"", value.text);
    in.refuse(value, std::move(reason));
}

void check_integer(Checker& in, YamlNode const& value) {
    if (value.kind != Kind::integer) in.refuse(value, wrong_kind("an integer", value));
}

void check_number(Checker& in, YamlNode const& value) {
    if (value.kind != Kind::integer && value.kind != Kind::real)
        in.refuse(value, wrong_kind("a number", value));
}

void check_boolean(Checker& in, YamlNode const& value) {
    if (value.kind != Kind::boolean) in.refuse(value, wrong_kind("true or false", value));
}

void check_scalar(Checker& in, YamlNode const& value) {
    if (!value.is_scalar()) in.refuse(value, wrong_kind("a single value", value));
}

void check_string_list(Checker& in, YamlNode const& value) {
    check_items(in, value, [&](YamlNode const& item) { check_string(in, item); });
}

void check_anything(Checker&, YamlNode const&) {}

} // namespace kontena::stackfile
