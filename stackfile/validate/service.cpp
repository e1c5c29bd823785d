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
    auto const parsed = parse(value.text);
    auto const quotes_help = !value.is_string() && (!value.is_scalar() || parsed);
    if (quotes_help || value.is_null())
        check_string(in, value);
    else if (!parsed)
        in.refuse(value, parsed.error().message);
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
    if (!value.is_scalar())
        check_string(in, value);
    else if (!value.is_string() || !json::enum_from<Enum>(value.text))
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

/// An affinity rule; what only this version's scheduler does not know is accepted.
void check_affinity(Checker& in, YamlNode const& list) {
    check_items(in, list, [&](YamlNode const& item) {
        if (!item.is_string()) {
            check_string(in, item);
            return;
        }
        auto const rule = model::parse_affinity(item.text);
        if (!rule && rule.error().code != core::Errc::unsupported)
            in.refuse(item, rule.error().message);
    });
}

void check_environment_map(Checker& in, YamlNode const& map) {
    for (auto const& [key, item] : map.entries) {
        in.within(key.text, [&] {
            if (key.is_string() && key.text.empty())
                in.refuse(key, "a name must not be empty");
            else if (!key.is_string())
                in.refuse(key, "a name must be a string: write it in quotes");
            else if (key.text.find('=') != std::string::npos)
                in.refuse(key, "a name cannot have a '=' in it");
            check_scalar(in, item);
        });
    }
}

void check_environment(Checker& in, YamlNode const& value) {
    if (value.is_map()) {
        check_environment_map(in, value);
    } else if (!value.is_sequence()) {
        in.refuse(value, "must be a map of names to values, or a list of KEY=value");
    } else {
        check_items(in, value, [&](YamlNode const& item) {
            auto const at = item.text.find('=');
            if (!item.is_scalar())
                in.refuse(item, wrong_kind("a string KEY=value", item));
            else if (!item.is_string() || at == std::string::npos || at == 0)
                in.refuse(item, fmt::format("'{}' is not of the form KEY=value", item.text));
        });
    }
}

void check_string_or_list(Checker& in, YamlNode const& value) {
    if (value.is_sequence())
        check_string_list(in, value);
    else if (!value.is_string())
        in.refuse(value, "must be a string or a list of strings");
}

void check_link(Checker& in, YamlNode const& item) {
    if (!item.is_map()) {
        check_parsed<parse_link>(in, item);
        return;
    }
    static constexpr auto kLink = std::to_array<KeyRule>({
        {"name", check_parsed<parse_link>, true},
        {"alias", check_string},
    });
    check_map(in, item, kLink);
}

void check_links(Checker& in, YamlNode const& list) {
    check_items(in, list, [&](YamlNode const& item) { check_link(in, item); });
}

void check_external_links(Checker& in, YamlNode const& list) {
    check_links(in, list);
    if (!list.items.empty())
        in.warn(
            list, "has no effect; write links: [stack/service] to link services of other stacks"
        );
}

void check_depends_on(Checker& in, YamlNode const& list) {
    if (list.is_map()) {
        in.refuse(list, "must be a list of services; conditions as in Compose do not exist");
        return;
    }
    check_links(in, list);
}

/// The name of something.
void check_reference(Checker& in, YamlNode const& value) {
    check_string(in, value);
    if (value.is_string() && core::trim(value.text).empty()) in.refuse(value, "must not be empty");
}

void check_extends(Checker& in, YamlNode const& value) {
    static constexpr auto kExtends = std::to_array<KeyRule>({
        {"service", check_reference, true},
        {"file", check_reference},
        {"stack", check_reference},
    });
    if (value.is_string()) {
        check_reference(in, value);
        return;
    }
    if (!value.is_map()) {
        in.refuse(value, "must be the name of a service, or a map with service and file or stack");
        return;
    }
    check_map(in, value, kExtends);
    auto const names = [&](std::string_view key) {
        auto const* node = value.find(key);
        return node != nullptr && !node->is_null();
    };
    if (!names("file") && !names("stack"))
        in.refuse(value, "missing: the file or stack that has the service");
}

void check_secrets(Checker& in, YamlNode const& list) {
    static constexpr auto kSecret = std::to_array<KeyRule>({
        {"secret", check_string, true},
        {"name", check_string, true},
        {"type", check_string, true},
    });
    check_items(in, list, [&](YamlNode const& item) { check_map(in, item, kSecret); });
}

void check_certificates(Checker& in, YamlNode const& list) {
    static constexpr auto kCertificate = std::to_array<KeyRule>({
        {"subject", check_string, true},
        {"name", check_string, true},
        {"type", check_string, true},
    });
    check_items(in, list, [&](YamlNode const& item) { check_map(in, item, kCertificate); });
}

void check_build_args(Checker& in, YamlNode const& value) {
    if (value.is_map()) {
        for (auto const& [key, item] : value.entries)
            in.within(key.text, [&] { check_scalar(in, item); });
    } else if (value.is_sequence()) {
        check_string_list(in, value);
    } else {
        in.refuse(value, "must be a map of names to values, or a list of NAME=value");
    }
}

void check_build(Checker& in, YamlNode const& value) {
    static constexpr auto kBuild = std::to_array<KeyRule>({
        {"context", check_string, true},
        {"dockerfile", check_string},
        {"args", check_build_args},
    });
    if (value.is_map())
        check_map(in, value, kBuild);
    else if (!value.is_string())
        in.refuse(value, "must be the folder to build in, or a map with context");
}

/// Only the form: what the names stand for is known when the condition is evaluated.
void check_condition(Checker& in, YamlNode const& value) {
    if (!value.is_string() && !value.is_map() && !value.is_sequence())
        in.refuse(
            value, "must be the name of a variable, a list of names, or a map of names to values"
        );
}

void check_command(Checker& in, YamlNode const& value) {
    if (value.is_sequence()) {
        in.refuse(value, "must be one string, such as sh -c 'echo hello', not a list");
        return;
    }
    check_parsed<split_command>(in, value);
}

void check_network_mode(Checker& in, YamlNode const& value) {
    if (!value.is_scalar())
        check_string(in, value);
    else if (value.text != "host" && value.text != "bridge")
        in.refuse(value, fmt::format("'{}' is not bridge or host", value.text));
}

void check_duration_string(Checker& in, YamlNode const& value) {
    if (value.kind == Kind::integer)
        in.refuse(value, fmt::format("must have a unit: write {}s", value.text));
    else
        check_parsed<core::parse_duration>(in, value);
}

/// The original did not look at this key, so no value that it took may be an error.
void check_legacy_swap(Checker& in, YamlNode const& value) {
    check_string(in, value);
    if (value.is_string() && !parse_size(value.text))
        in.warn(
            value,
            fmt::format(
                "ignored: '{}' is not a size; leave it out, or write memswap_limit", value.text
            )
        );
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
    static constexpr auto kLogging = std::to_array<KeyRule>({
        {"driver", check_string},
        {"options", check_options_map},
    });
    check_map(in, value, kLogging);
}

void check_deploy(Checker& in, YamlNode const& value) {
    static constexpr auto kDeploy = std::to_array<KeyRule>({
        {"strategy", check_choice<model::Strategy>},
        {"wait_for_port", check_integer},
        {"min_health", check_number},
        {"interval", check_parsed_number<parse_interval>},
        {"reschedule_after", check_parsed_number<parse_seconds>},
        {"on_failure", check_choice<model::OnFailure>},
        {"order", check_choice<model::RolloutOrder>},
        {"instance_timeout", check_parsed_number<parse_seconds>},
        {"timeout", check_parsed_number<parse_seconds>},
        {"spread", check_string},
    });
    check_map(in, value, kDeploy);
}

void check_health(Checker& in, YamlNode const& value) {
    static constexpr auto kHealthCheck = std::to_array<KeyRule>({
        {"protocol", check_choice<model::HealthProtocol>, true},
        {"port", check_integer, true},
        {"uri", check_string},
        {"timeout", check_integer},
        {"interval", check_integer},
        {"initial_delay", check_integer},
    });
    check_map(in, value, kHealthCheck);
}

constexpr auto kService = std::to_array<KeyRule>({
    {"image", check_string},
    {"extends", check_extends},
    {"stateful", check_boolean},
    {"instances", check_integer},
    {"affinity", check_affinity},
    {"cap_add", check_string_list},
    {"cap_drop", check_string_list},
    {"command", check_command},
    {"cpus", check_number},
    {"cpu_shares", check_integer},
    {"mem_limit", check_parsed<parse_size>},
    {"memswap_limit", check_parsed<parse_size>},
    {"mem_swaplimit", check_legacy_swap},
    {"shm_size", check_parsed<parse_size>},
    {"environment", check_environment},
    {"env_file", check_string_or_list},
    {"links", check_links},
    {"external_links", check_external_links},
    {"depends_on", check_depends_on},
    {"ports", check_ports},
    {"network_mode", check_network_mode},
    {"pid", check_string},
    {"privileged", check_boolean},
    {"user", check_string},
    {"volumes", check_parsed_list<parse_volume>},
    {"volumes_from", check_string_list},
    {"secrets", check_secrets},
    {"certificates", check_certificates},
    {"hooks", check_hooks},
    {"deploy", check_deploy},
    {"health_check", check_health},
    {"logging", check_logging},
    {"build", check_build},
    {"entrypoint", check_string},
    {"stop_signal", check_string},
    {"stop_grace_period", check_duration_string},
    {"read_only", check_boolean},
    {"only_if", check_condition},
    {"skip_if", check_condition},
});

/// A named volume must be declared under the top-level volumes.
void check_declared(Checker& in, YamlNode const& list, NameSet const& volumes) {
    for (std::size_t i = 0; i < list.items.size() && !in.report().full(); ++i) {
        auto const mount = parse_volume(list.items[i].text);
        if (!list.items[i].is_string() || !mount || !mount->named()) continue;
        if (volumes.contains(mount->source)) continue;
        in.within(fmt::format("volumes.{}", i), [&] {
            in.refuse(list.items[i], undeclared_volume(mount->source, volumes));
        });
    }
}

} // namespace

std::string undeclared_volume(std::string_view name, NameSet const& declared) {
    std::vector<std::string_view> const known(declared.begin(), declared.end());
    auto hint = core::suggestion(name, known);
    if (hint.empty()) hint = fmt::format(": add 'volumes: {{{}: {{external: true}}}}'", name);
    return fmt::format("the volume '{}' is not declared at the top level{}", name, hint);
}

void validate_service(Checker& in, YamlNode const& service, NameSet const& volumes) {
    check_map(in, service, kService);
    if (auto const* list = service.find("volumes")) check_declared(in, *list, volumes);
}

} // namespace kontena::stackfile
