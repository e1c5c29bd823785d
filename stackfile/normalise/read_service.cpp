#include "stackfile/normalise/read_service.hpp"

#include "stackfile/grammar.hpp"
#include "stackfile/normalise/env_file.hpp"
#include "stackfile/normalise/fields.hpp"
#include "stackfile/path.hpp"

#include <algorithm>

namespace kontena::stackfile {

using yaml::YamlNode;

namespace {

/// A scalar in the form of one of the small languages, by the text of what it stands for.
template <auto parse>
auto parsed(YamlNode const& node) {
    using T = typename std::invoke_result_t<decltype(parse), std::string_view>::value_type;
    std::optional<T> out;
    if (!node.is_scalar()) return out;
    if (auto value = parse(yaml::canonical(node))) out = std::move(*value);
    return out;
}

/// One item per item of the list, a default one where `parse` refuses.
template <auto parse>
auto parsed_items(YamlNode const& node) {
    using T = typename std::invoke_result_t<decltype(parse), std::string_view>::value_type;
    std::vector<T> out;
    for (auto const& item : node.items) {
        auto value = parse(item.text);
        out.push_back(value ? std::move(*value) : T{});
    }
    return out;
}

Texts environment(YamlNode const& node) {
    Texts out;
    for (auto const& [key, value] : node.entries)
        out.push_back(key.text + "=" + yaml::canonical(value));
    for (auto const& item : node.items) out.push_back(item.text);
    return out;
}

Field<Texts> environment(Checker& in, Fields const& fields, Surroundings const& around) {
    auto out = fields.field("environment", [](auto const& node) { return environment(node); });
    auto const* files = fields.find("env_file");
    if (files == nullptr) return out;
    auto entries = out.value.value_or(Texts{});
    in.within("env_file", [&] {
        std::ranges::move(read_env_files(in, *files, around), std::back_inserter(entries));
    });
    return {true, first_of_each_name(std::move(entries))};
}

model::Link link_of(YamlNode const& item) {
    auto const name = item.is_map() ? member(item, "name", text_of).value_or("") : item.text;
    auto out = parse_link(name);
    if (!out) return {};
    if (auto alias = member(item, "alias", text_of); alias && !alias->empty())
        out->alias = std::move(*alias);
    return std::move(*out);
}

std::vector<model::Link> links_of(YamlNode const& list) {
    std::vector<model::Link> out;
    for (auto const& item : list.items)
        if (auto link = link_of(item); !link.name.empty()) out.push_back(std::move(link));
    return out;
}

Options options_of(YamlNode const& map) {
    Options out;
    for (auto const& [key, value] : map.entries) out.emplace_back(key.text, from_node(value));
    return out;
}

Deploy deploy_of(YamlNode const& map) {
    Deploy out{
        .strategy = member(map, "strategy", text_of),
        .wait_for_port = member(map, "wait_for_port", integer_of),
        .min_health = member(map, "min_health", number_of),
        .interval = member(map, "interval", parsed<parse_interval>),
        .reschedule_after = member(map, "reschedule_after", parsed<parse_seconds>),
        .on_failure = member(map, "on_failure", text_of),
        .order = member(map, "order", text_of),
        .instance_timeout = member(map, "instance_timeout", parsed<parse_seconds>),
        .timeout = member(map, "timeout", parsed<parse_seconds>),
        .spread = member(map, "spread", text_of),
    };
    if (out.interval == 0) out.interval.reset();
    return out;
}

HealthCheck health_check_of(YamlNode const& map) {
    return {
        .port = member(map, "port", integer_of),
        .protocol = member(map, "protocol", text_of),
        .uri = member(map, "uri", text_of),
        .timeout = member(map, "timeout", integer_of),
        .interval = member(map, "interval", integer_of),
        .initial_delay = member(map, "initial_delay", integer_of),
    };
}

Logging logging_of(YamlNode const& map) {
    Logging out{.driver = member(map, "driver", text_of), .options = std::nullopt};
    if (auto const* options = Fields(map).find("options")) out.options = options_of(*options);
    return out;
}

std::vector<HookPoint> hooks_of(YamlNode const& map) {
    std::vector<HookPoint> out;
    for (auto const& [key, list] : map.entries) {
        auto& point = out.emplace_back(HookPoint{.name = key.text, .hooks = std::nullopt});
        if (list.is_null()) continue;
        point.hooks.emplace();
        for (auto const& item : list.items) {
            auto const* instances = item.find("instances");
            point.hooks->push_back(
                {.name = member(item, "name", text_of).value_or(""),
                 .cmd = member(item, "cmd", text_of).value_or(""),
                 .instances = instances == nullptr ? Value() : from_node(*instances),
                 .oneshot = member(item, "oneshot", flag_of)}
            );
        }
    }
    return out;
}

std::vector<model::SecretUse> secrets_of(YamlNode const& list) {
    std::vector<model::SecretUse> out;
    for (auto const& item : list.items)
        out.push_back(
            {member(item, "secret", text_of).value_or(""),
             member(item, "name", text_of).value_or(""),
             member(item, "type", text_of).value_or("")}
        );
    return out;
}

std::vector<model::CertificateUse> certificates_of(YamlNode const& list) {
    std::vector<model::CertificateUse> out;
    for (auto const& item : list.items)
        out.push_back(
            {member(item, "subject", text_of).value_or(""),
             member(item, "name", text_of).value_or(""),
             member(item, "type", text_of).value_or("")}
        );
    return out;
}

/// `K=V` items become a map; a value that is not given comes from the environment.
Options build_args(YamlNode const& node, Surroundings const& around) {
    auto out = options_of(node);
    for (auto const& item : node.items) {
        auto const at = item.text.find('=');
        auto value = at == std::string::npos ? Value() : Value(item.text.substr(at + 1));
        out.emplace_back(item.text.substr(0, at), std::move(value));
    }
    for (auto& [name, value] : out) {
        if (!is_null(value)) continue;
        if (auto text = around.library.env(name)) value = std::move(*text);
    }
    return out;
}

Build build_of(YamlNode const& node, Surroundings const& around) {
    auto const context = node.is_map() ? member(node, "context", text_of).value_or("") : node.text;
    auto const remote = context.find("://") != std::string::npos;
    Build out{
        .context = remote ? context : join_path(around.document.directory, context),
        .dockerfile = member(node, "dockerfile", text_of),
        .args = std::nullopt
    };
    if (auto const* args = Fields(node).find("args")) out.args = build_args(*args, around);
    return out;
}

/// A blank image counts as none.
Field<std::string> image_of(Fields const& fields) {
    auto out = fields.optional_field("image", text_of);
    if (out.value) out.value = with_tag(*out.value);
    if (out.value && out.value->empty()) out.value.reset();
    return out;
}

} // namespace

Service read_service(Checker& in, YamlNode const& service, Surroundings const& around) {
    Fields const fields(service);
    Service out;
    out.image = image_of(fields);
    out.instances = fields.optional_field("instances", integer_of);
    out.stateful = fields.optional_field("stateful", flag_of);
    out.read_only = fields.optional_field("read_only", flag_of);
    out.env = environment(in, fields, around);
    out.links = fields.field("links", links_of);
    out.depends_on =
        fields.field("depends_on", links_of).value.value_or(std::vector<model::Link>{});
    out.external_links = fields.field("external_links", links_of);
    out.ports = fields.field("ports", parsed_items<parse_port>);
    out.volumes = fields.field("volumes", texts_of);
    out.volumes_from = fields.field("volumes_from", texts_of);
    out.affinity = fields.field("affinity", texts_of);
    out.deploy = fields.field("deploy", deploy_of);
    out.hooks = fields.field("hooks", hooks_of);
    out.health_check = fields.field("health_check", health_check_of);
    out.logging = fields.field("logging", logging_of);
    out.memory = fields.optional_field("mem_limit", parsed<parse_size>);
    out.memory_swap = fields.optional_field("memswap_limit", parsed<parse_size>);
    if (!out.memory_swap.given) {
        out.memory_swap = fields.optional_field("mem_swaplimit", parsed<parse_size>);
        out.memory_swap.given = out.legacy_swap = out.memory_swap.value.has_value();
    }
    out.shm_size = fields.optional_field("shm_size", parsed<parse_size>);
    out.cpus = fields.optional_field("cpus", number_of);
    out.cpu_shares = fields.optional_field("cpu_shares", integer_of);
    out.cmd = fields.optional_field("command", parsed<split_command>);
    out.entrypoint = fields.optional_field("entrypoint", text_of);
    out.user = fields.optional_field("user", text_of);
    out.pid = fields.optional_field("pid", text_of);
    out.stop_signal = fields.optional_field("stop_signal", text_of);
    out.stop_grace_period = fields.optional_field("stop_grace_period", text_of);
    out.net = fields.optional_field("network_mode", text_of);
    out.privileged = fields.optional_field("privileged", flag_of);
    out.cap_add = fields.field("cap_add", texts_of);
    out.cap_drop = fields.field("cap_drop", texts_of);
    out.secrets = fields.field("secrets", secrets_of);
    out.certificates = fields.field("certificates", certificates_of);
    out.build = fields.field("build", [&](YamlNode const& node) { return build_of(node, around); });
    return out;
}

} // namespace kontena::stackfile
