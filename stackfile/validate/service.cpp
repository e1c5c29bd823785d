#include "core/base/strings.hpp"
#include "core/json/codec.hpp"
#include "core/model/affinity.hpp"
#include "core/model/service_spec.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/validate/rules.hpp"

#include <fmt/format.h>

#include <array>

namespace kontena::stackfile {

using yaml::Kind;
using yaml::YamlNode;

namespace {

/// A string that `parse` accepts.
template <auto parse>
void check_parsed(Checker& in, YamlNode const& value) {
    if (!value.is_string()) {
        check_string(in, value);
        return;
    }
    auto const parsed = parse(value.text);
    if (!parsed) in.refuse(value, parsed.error().message);
}

template <auto parse>
void check_parsed_list(Checker& in, YamlNode const& list) {
    check_items(in, list, [&](YamlNode const& item) { check_parsed<parse>(in, item); });
}

/// A string or an integer that `parse` accepts.
template <auto parse>
void check_parsed_number(Checker& in, YamlNode const& value) {
    if (value.kind != Kind::integer) {
        check_parsed<parse>(in, value);
        return;
    }
    auto const parsed = parse(yaml::canonical(value));
    if (!parsed) in.refuse(value, parsed.error().message);
}

template <class Enum>
void check_choice(Checker& in, YamlNode const& value) {
    if (!value.is_string() || !json::enum_from<Enum>(value.text))
        in.refuse(value, fmt::format("'{}' is not {}", value.text, json::enum_choices<Enum>()));
}

/// Ports are parsed from strings only; an unquoted one may look like another kind of scalar.
void check_ports(Checker& in, YamlNode const& list) {
    check_items(in, list, [&](YamlNode const& item) {
        if (item.is_string()) {
            check_parsed<parse_port>(in, item);
        } else if (item.is_scalar()) {
            in.refuse(item, parse_port(item.text).error().message);
        } else {
            in.refuse(item, "must be a string, [IP:]HOST:CONTAINER[/tcp|udp]");
        }
    });
}

void check_environment(Checker& in, YamlNode const& value) {
    if (value.is_map()) {
        for (auto const& [key, item] : value.entries) {
            in.within(key.text, [&] {
                if (!key.is_scalar() || key.text.empty()) in.refuse(key, "a name must be a string");
                if (key.text.find('=') != std::string::npos)
                    in.refuse(key, "a name cannot have a '=' in it");
                check_scalar(in, item);
            });
        }
        return;
    }
    if (!value.is_sequence()) {
        in.refuse(value, "must be a map of names to values, or a list of KEY=value");
        return;
    }
    check_items(in, value, [&](YamlNode const& item) {
        auto const at = item.text.find('=');
        if (!item.is_string() || at == std::string::npos || at == 0)
            in.refuse(item, fmt::format("'{}' is not of the form KEY=value", item.text));
    });
}

void check_link(Checker& in, YamlNode const& item) {
    if (!item.is_map()) {
        check_parsed<parse_link>(in, item);
        return;
    }
    static constexpr std::array<KeyRule, 2> kLink{{
        {"name", check_parsed<parse_link>, true},
        {"alias", check_string},
    }};
    check_map(in, item, kLink);
}

void check_links(Checker& in, YamlNode const& list) {
    check_items(in, list, [&](YamlNode const& item) { check_link(in, item); });
}

void check_depends_on(Checker& in, YamlNode const& list) {
    if (list.is_map()) {
        in.refuse(list, "must be a list of services; conditions as in Compose do not exist");
        return;
    }
    check_links(in, list);
}

void check_command(Checker& in, YamlNode const& value) {
    if (value.is_sequence()) {
        in.refuse(value, "must be one string, such as sh -c 'echo hello', not a list");
        return;
    }
    check_parsed<split_command>(in, value);
}

void check_network_mode(Checker& in, YamlNode const& value) {
    if (value.text != "host" && value.text != "bridge")
        in.refuse(value, fmt::format("'{}' is not bridge or host", value.text));
}

void check_duration_string(Checker& in, YamlNode const& value) {
    if (value.is_string()) {
        check_parsed<core::parse_duration>(in, value);
    } else {
        in.refuse(value, fmt::format("must have a unit: write {}s", value.text));
    }
}

void check_options_map(Checker& in, YamlNode const& value) {
    if (!value.is_map()) {
        in.refuse(value, "must be a map of names to values");
        return;
    }
    for (auto const& [key, item] : value.entries)
        in.within(key.text, [&] { check_scalar(in, item); });
}

void check_logging(Checker& in, YamlNode const& value) {
    static constexpr std::array<KeyRule, 2> kLogging{{
        {"driver", check_string},
        {"options", check_options_map},
    }};
    check_map(in, value, kLogging);
}

void check_deploy(Checker& in, YamlNode const& value) {
    static constexpr std::array<KeyRule, 5> kDeploy{{
        {"strategy", check_choice<model::Strategy>},
        {"wait_for_port", check_integer},
        {"min_health", check_number},
        {"interval", check_parsed_number<parse_interval>},
        {"reschedule_after", check_parsed_number<parse_seconds>},
    }};
    check_map(in, value, kDeploy);
}

void check_health(Checker& in, YamlNode const& value) {
    static constexpr std::array<KeyRule, 6> kHealthCheck{{
        {"protocol", check_choice<model::HealthProtocol>, true},
        {"port", check_integer, true},
        {"uri", check_string},
        {"timeout", check_integer},
        {"interval", check_integer},
        {"initial_delay", check_integer},
    }};
    check_map(in, value, kHealthCheck);
}

constexpr std::array<KeyRule, 41> kService{{
    {"image", check_string},
    {"extends", check_later},
    {"stateful", check_boolean},
    {"instances", check_integer},
    {"affinity", check_parsed_list<model::parse_affinity>},
    {"cap_add", check_string_list},
    {"cap_drop", check_string_list},
    {"command", check_command},
    {"cpus", check_number},
    {"cpu_shares", check_integer},
    {"mem_limit", check_parsed<parse_size>},
    {"memswap_limit", check_parsed<parse_size>},
    {"mem_swaplimit", check_parsed<parse_size>},
    {"shm_size", check_parsed<parse_size>},
    {"environment", check_environment},
    {"env_file", check_later},
    {"links", check_links},
    {"external_links", check_later},
    {"depends_on", check_depends_on},
    {"ports", check_ports},
    {"network_mode", check_network_mode},
    {"pid", check_string},
    {"privileged", check_boolean},
    {"user", check_string},
    {"volumes", check_parsed_list<parse_volume>},
    {"volumes_from", check_later},
    {"secrets", check_later},
    {"certificates", check_later},
    {"hooks", check_later},
    {"deploy", check_deploy},
    {"health_check", check_health},
    {"logging", check_logging},
    {"build", check_later},
    {"entrypoint", check_string},
    {"stop_signal", check_string},
    {"stop_grace_period", check_duration_string},
    {"read_only", check_boolean},
    {"only_if", check_later},
    {"skip_if", check_later},
}};

/// A named volume must be declared under the top-level volumes.
void check_declared(Checker& in, YamlNode const& list, YamlNode const* volumes) {
    for (std::size_t i = 0; i < list.items.size(); ++i) {
        auto const mount = parse_volume(list.items[i].text);
        if (!list.items[i].is_string() || !mount || !mount->named()) continue;
        if (volumes != nullptr && volumes->find_entry(mount->source) != nullptr) continue;
        std::vector<std::string_view> known;
        if (volumes != nullptr)
            for (auto const& entry : volumes->entries) known.push_back(entry.key.text);
        auto hint = core::suggestion(mount->source, known);
        if (hint.empty())
            hint = fmt::format(": add 'volumes: {{{}: {{external: true}}}}'", mount->source);
        in.within(fmt::format("volumes.{}", i), [&] {
            in.refuse(
                list.items[i],
                fmt::format(
                    "the volume '{}' is not declared at the top level{}", mount->source, hint
                )
            );
        });
    }
}

} // namespace

void validate_service(Checker& in, YamlNode const& service, YamlNode const* volumes) {
    check_map(in, service, kService);
    if (auto const* list = service.find("volumes")) check_declared(in, *list, volumes);
}

} // namespace kontena::stackfile
