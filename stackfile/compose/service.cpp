#include "stackfile/compose/service.hpp"

#include "core/base/strings.hpp"
#include "core/yaml/make.hpp"
#include "stackfile/compose/values.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/validate/checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace kontena::stackfile::compose {

using yaml::Kind;
using yaml::make_boolean;
using yaml::make_integer;
using yaml::make_list;
using yaml::make_map;
using yaml::make_real;
using yaml::make_text;
using yaml::put;
using yaml::YamlNode;

namespace {

/// The service at work: what it was and what it becomes.
struct Work {
    Context& context;
    Checker in; ///< its warnings are notes
    YamlNode out;
    std::vector<std::string> before_command = {}; ///< of the entrypoint

    void note(YamlNode const& at, std::string reason) { in.warn(at, std::move(reason)); }

    void dropped(YamlNode const& at, std::string_view why) {
        note(at, fmt::format("not carried over: {}", why));
    }

    /// The text of a scalar with its references translated.
    std::string text(YamlNode const& scalar) {
        auto out_text = translate(yaml::canonical(scalar), context.variables);
        if (out_text) return std::move(*out_text);
        note(
            scalar,
            "this form of a reference does not exist in stack files: it stands as it is, with "
            "'$$' for '$'"
        );
        std::string literal;
        for (char const c : scalar.text)
            literal += c == '$' ? std::string("$$") : std::string(1, c);
        return literal;
    }

    std::vector<std::string> texts(YamlNode const& list) {
        std::vector<std::string> words;
        for (auto const& item : list.items) words.push_back(text(item));
        return words;
    }

    YamlNode& group(std::string_view key) {
        if (out.find(key) == nullptr) put(out, key, make_map());
        for (auto& entry : out.entries)
            if (entry.key.text == key) return entry.value;
        return out;
    }
};

using Convert = void (*)(Work& to, std::string_view key, YamlNode const& value);

std::optional<std::int64_t> integer_of(YamlNode const& value) {
    if (value.kind == Kind::integer) return value.integer;
    if (!value.is_string()) return std::nullopt;
    auto const numbers = port_range(value.text); // 1 to 65535
    return numbers.size() == 1 ? std::optional<std::int64_t>(numbers.front()) : std::nullopt;
}

void copy_text(Work& to, std::string_view key, YamlNode const& value) {
    if (value.is_scalar())
        put(to.out, key, make_text(to.text(value)));
    else
        to.dropped(value, "a single value is expected");
}

void copy_texts(Work& to, std::string_view key, YamlNode const& value) {
    if (value.is_sequence())
        put(to.out, key, make_list(to.texts(value)));
    else
        to.dropped(value, "a list is expected");
}

void copy_flag(Work& to, std::string_view key, YamlNode const& value) {
    if (value.kind == Kind::boolean)
        put(to.out, key, make_boolean(value.boolean));
    else
        to.dropped(value, "true or false is expected");
}

void copy_number(Work& to, std::string_view key, YamlNode const& value) {
    if (value.kind == Kind::integer) {
        put(to.out, key, make_integer(value.integer));
    } else if (value.is_string() && value.text.find('$') != std::string::npos) {
        put(to.out, key, make_text(to.text(value)));
    } else {
        to.dropped(value, "a whole number is expected");
    }
}

void copy_cpus(Work& to, std::string_view key, YamlNode const& value) {
    auto const text = yaml::canonical(value);
    char* end = nullptr;
    auto const number = std::strtod(text.c_str(), &end);
    if (!text.empty() && *end == '\0' && std::isfinite(number) && number > 0)
        put(to.out, key, make_real(number));
    else
        to.dropped(value, "a number of CPUs is expected");
}

void copy_size(Work& to, std::string_view key, YamlNode const& value) {
    if (auto const size = size_text(yaml::canonical(value)))
        put(to.out, key, make_text(*size));
    else
        to.dropped(value, "a size such as 512m or 2g is expected");
}

void copy_duration(Work& to, std::string_view key, YamlNode const& value) {
    if (auto const seconds = whole_seconds(yaml::canonical(value)))
        put(to.out, key, make_text(fmt::format("{}s", *seconds)));
    else
        to.dropped(value, "a time such as 10s or 1m30s is expected");
}

void convert_command(Work& to, std::string_view key, YamlNode const& value) {
    if (value.is_sequence())
        put(to.out, key, make_text(shell_line(to.texts(value))));
    else
        copy_text(to, key, value);
}

/// An entrypoint is one word: what follows goes in front of the command.
void convert_entrypoint(Work& to, std::string_view key, YamlNode const& value) {
    auto words = value.is_sequence() ? to.texts(value) : std::vector<std::string>{};
    if (!value.is_sequence()) {
        auto split = split_command(to.text(value));
        if (split) words = std::move(*split);
    }
    if (words.empty()) {
        to.dropped(value, "the entrypoint of the image cannot be taken away");
        return;
    }
    put(to.out, key, make_text(words.front()));
    to.before_command.assign(words.begin() + 1, words.end());
}

void join_command(Work& to) {
    if (to.before_command.empty()) return;
    auto line = shell_line(to.before_command);
    if (auto const* command = to.out.find("command")) line += " " + command->text;
    put(to.out, "command", make_text(std::move(line)));
}

/// A name that a reference can have.
bool is_reference_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

/// `at` is where it stands. A null value is one that Compose takes from the shell that it runs in.
void add_environment(
    Work& to, YamlNode& map, std::string const& name, YamlNode const& value, YamlNode const& at
) {
    if (name.empty()) {
        to.dropped(at, "it has no name");
    } else if (!value.is_null()) {
        put(map, name, make_text(to.text(value)));
    } else if (is_reference_name(name)) {
        to.context.variables[name];
        put(map, name, make_text("${" + name + "}"));
    } else {
        to.dropped(at, "it has no value, and there is no variable of such a name");
    }
}

void convert_environment(Work& to, std::string_view key, YamlNode const& value) {
    auto map = make_map();
    for (auto const& [name, item] : value.entries)
        to.in.within(name.text, [&] { add_environment(to, map, name.text, item, name); });
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        auto const& item = value.items[i];
        auto const at = item.text.find('=');
        auto part = item;
        part.kind = at == std::string::npos ? Kind::null : Kind::string;
        part.text = at == std::string::npos ? "" : item.text.substr(at + 1);
        to.in.within(std::to_string(i), [&] {
            add_environment(to, map, item.text.substr(0, at), part, item);
        });
    }
    if (!map.entries.empty()) put(to.out, key, std::move(map));
}

void convert_env_file(Work& to, std::string_view key, YamlNode const& value) {
    if (!value.is_sequence()) {
        copy_text(to, key, value);
        return;
    }
    std::vector<std::string> files;
    for (auto const& item : value.items) {
        auto const* path = item.is_map() ? item.find("path") : &item;
        if (path != nullptr && path->is_scalar())
            files.push_back(to.text(*path));
        else
            to.dropped(item, "an env_file is a path");
        if (item.is_map() && item.entries.size() > 1)
            to.note(item, "the file must be there; it is read as KEY=value lines");
    }
    put(to.out, key, make_list(files));
}

void convert_depends_on(Work& to, std::string_view key, YamlNode const& value) {
    if (!value.is_map()) {
        copy_texts(to, key, value);
        return;
    }
    std::vector<std::string> names;
    for (auto const& [name, condition] : value.entries) {
        names.push_back(name.text);
        auto const* wanted = condition.find("condition");
        auto const text = wanted == nullptr ? "service_started" : wanted->text;
        if (text == "service_completed_successfully")
            to.in.within(name.text, [&] {
                to.note(*wanted, "services do not complete: it is only deployed before this one");
            });
        for (auto const& [option, setting] : condition.entries)
            if (option.text != "condition")
                to.in.within(name.text, [&] { to.dropped(option, "only the order counts"); });
    }
    put(to.out, key, make_list(names));
}

void convert_links(Work& to, std::string_view key, YamlNode const& value) {
    copy_texts(to, key, value);
}

/// `[IP:]HOST:CONTAINER[/PROTO]` with ranges, or CONTAINER alone.
void add_port(Work& to, YamlNode const& at, std::string const& written, YamlNode& out) {
    auto const text = std::string_view(written);
    if (text.find('$') != std::string_view::npos && text.find(':') != std::string_view::npos) {
        out.items.push_back(make_text(written));
        return;
    }
    auto const slash = std::min(text.find('/'), text.size());
    auto const parts = core::split(text.substr(0, slash), ':');
    if (parts.size() == 1) {
        to.dropped(
            at,
            "Docker would choose the host's port: write HOST:CONTAINER. Other services reach the "
            "container without it"
        );
        return;
    }
    if (parts.size() > 3) {
        to.dropped(at, "addresses are IPv4");
        return;
    }
    auto const hosts = port_range(parts[parts.size() - 2]);
    auto const containers = port_range(parts.back());
    if (hosts.empty() || hosts.size() != containers.size()) {
        to.dropped(at, "must be HOST:CONTAINER, both a port or both ranges of the same length");
        return;
    }
    auto const ip = parts.size() == 3 ? std::string(parts[0]) + ":" : std::string();
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        auto const port = fmt::format("{}{}:{}{}", ip, hosts[i], containers[i], text.substr(slash));
        if (auto const valid = parse_port(port); valid)
            out.items.push_back(make_text(port));
        else
            to.dropped(at, valid.error().message);
    }
}

void add_long_port(Work& to, YamlNode const& item, YamlNode& out) {
    auto const part = [&](std::string_view key) {
        auto const* node = item.find(key);
        return node == nullptr ? std::string() : to.text(*node);
    };
    for (auto const& [key, value] : item.entries) {
        auto const known = key.text == "target" || key.text == "published" ||
                           key.text == "protocol" || key.text == "host_ip";
        if (!known && !(key.text == "mode" && value.text == "host"))
            to.in.within(key.text, [&] {
                to.dropped(key, "a port is published on the hosts that run an instance");
            });
    }
    auto const ip = part("host_ip");
    auto const published = part("published");
    auto const protocol = part("protocol");
    add_port(
        to,
        item,
        fmt::format(
            "{}{}{}{}{}",
            ip.empty() ? "" : ip + ":",
            published,
            published.empty() ? "" : ":",
            part("target"),
            protocol.empty() || protocol == "tcp" ? "" : "/" + protocol
        ),
        out
    );
}

void convert_ports(Work& to, std::string_view key, YamlNode const& value) {
    auto out = make_list({});
    for (std::size_t i = 0; i < value.items.size(); ++i)
        to.in.within(std::to_string(i), [&] {
            auto const& item = value.items[i];
            if (item.is_map())
                add_long_port(to, item, out);
            else
                add_port(to, item, to.text(item), out);
        });
    if (!out.items.empty()) put(to.out, key, std::move(out));
}

void add_volume(Work& to, YamlNode const& at, std::string const& text, YamlNode& out) {
    auto const colon = text.find(':');
    auto const source = text.substr(0, colon);
    if (colon != std::string::npos && (source.starts_with('.') || source.starts_with('~'))) {
        to.dropped(
            at,
            "a path on the host must be absolute, as instances run on any host: put the files "
            "into the image, or on every host"
        );
        return;
    }
    if (auto const mount = parse_volume(text); !mount) {
        to.dropped(at, mount.error().message);
        return;
    } else if (mount->named()) {
        to.context.mounted.insert(mount->source);
    }
    out.items.push_back(make_text(text));
}

void add_long_volume(Work& to, YamlNode const& item, YamlNode& out) {
    auto const part = [&](std::string_view key) {
        auto const* node = item.find(key);
        return node == nullptr ? std::string() : to.text(*node);
    };
    auto const type = part("type");
    if (type != "volume" && type != "bind" && !type.empty()) {
        to.dropped(item, fmt::format("there are no volumes of the type '{}'", type));
        return;
    }
    auto const* read_only = item.find("read_only");
    auto const source = part("source");
    add_volume(
        to,
        item,
        fmt::format(
            "{}{}{}{}",
            source,
            source.empty() ? "" : ":",
            part("target"),
            read_only != nullptr && read_only->boolean ? ":ro" : ""
        ),
        out
    );
    for (auto const& [key, value] : item.entries)
        if (key.text != "type" && key.text != "source" && key.text != "target" &&
            key.text != "read_only")
            to.in.within(key.text, [&] { to.dropped(key, "stack files do not have it"); });
}

void convert_volumes(Work& to, std::string_view key, YamlNode const& value) {
    auto out = make_list({});
    for (std::size_t i = 0; i < value.items.size(); ++i)
        to.in.within(std::to_string(i), [&] {
            auto const& item = value.items[i];
            if (item.is_map())
                add_long_volume(to, item, out);
            else
                add_volume(to, item, to.text(item), out);
        });
    if (!out.items.empty()) put(to.out, key, std::move(out));
}

void convert_network_mode(Work& to, std::string_view key, YamlNode const& value) {
    if (value.text == "host" || value.text == "bridge")
        put(to.out, key, make_text(value.text));
    else
        to.dropped(value, "stack files know bridge and host");
}

void convert_pid(Work& to, std::string_view key, YamlNode const& value) {
    if (value.text == "host")
        put(to.out, key, make_text(value.text));
    else
        to.dropped(value, "stack files know host");
}

void convert_logging(Work& to, std::string_view key, YamlNode const& value) {
    auto out = make_map();
    if (auto const* driver = value.find("driver")) put(out, "driver", make_text(to.text(*driver)));
    if (auto const* options = value.find("options")) {
        auto made = make_map();
        for (auto const& [name, option] : options->entries)
            put(made, name.text, make_text(to.text(option)));
        put(out, "options", std::move(made));
    }
    for (auto const& [part, setting] : value.entries)
        if (part.text != "driver" && part.text != "options")
            to.in.within(part.text, [&] { to.dropped(part, "logging has driver and options"); });
    if (!out.entries.empty()) put(to.out, key, std::move(out));
}

void convert_build(Work& to, std::string_view key, YamlNode const& value) {
    if (!value.is_map()) {
        copy_text(to, key, value);
        return;
    }
    auto out = make_map();
    for (auto const& [part, setting] : value.entries) {
        if (part.text == "context" || part.text == "dockerfile") {
            put(out, part.text, make_text(to.text(setting)));
        } else if (part.text == "args") {
            auto args = make_map();
            for (auto const& [name, arg] : setting.entries)
                put(args, name.text, arg.is_null() ? YamlNode{} : make_text(to.text(arg)));
            if (setting.is_sequence()) args = make_list(to.texts(setting));
            put(out, "args", std::move(args));
        } else {
            to.in.within(part.text, [&] {
                to.dropped(part, "a build has context, dockerfile and args");
            });
        }
    }
    if (out.find("context") == nullptr) put(out, "context", make_text("."));
    put(to.out, key, std::move(out));
}

void convert_extends(Work& to, std::string_view key, YamlNode const& value) {
    auto const* file = value.find("file");
    auto const* service = value.find("service");
    if (value.is_map() && file == nullptr && service != nullptr) {
        put(to.out, key, make_text(to.text(*service)));
        return;
    }
    put(to.out, key, value);
    if (file != nullptr) to.note(*file, "the file that it extends from must be converted too");
}

void convert_instances(Work& to, std::string_view, YamlNode const& value) {
    if (auto const number =
            value.kind == Kind::integer ? std::optional(value.integer) : integer_of(value))
        put(to.out, "instances", make_integer(*number));
    else
        copy_number(to, "instances", value);
}

/// `node.labels.az == a`, `node.hostname != x`: an affinity rule, empty when there is none.
std::string affinity_of(std::string_view constraint) {
    for (std::string_view const op : {"==", "!="}) {
        auto const at = constraint.find(op);
        if (at == std::string_view::npos) continue;
        auto const key = core::trim(constraint.substr(0, at));
        auto const value = core::trim(constraint.substr(at + 2));
        constexpr std::string_view kLabel = "node.labels.";
        if (key.starts_with(kLabel))
            return fmt::format("label{}{}={}", op, key.substr(kLabel.size()), value);
        if (key == "node.hostname") return fmt::format("node{}{}", op, value);
    }
    return {};
}

void convert_placement(Work& to, YamlNode const& value) {
    std::vector<std::string> rules;
    for (auto const& [key, setting] : value.entries) {
        to.in.within(key.text, [&] {
            if (key.text != "constraints") {
                to.dropped(key, "Kontena spreads over zones and hosts; write affinity:");
                return;
            }
            for (auto const& item : setting.items) {
                auto rule = affinity_of(to.text(item));
                if (rule.empty())
                    to.dropped(item, "affinity knows labels and names of nodes");
                else
                    rules.push_back(std::move(rule));
            }
        });
    }
    if (!rules.empty()) put(to.out, "affinity", make_list(rules));
}

void convert_resources(Work& to, YamlNode const& value) {
    for (auto const& [kind, limits] : value.entries) {
        to.in.within(kind.text, [&] {
            for (auto const& [key, setting] : limits.entries) {
                to.in.within(key.text, [&] {
                    if (kind.text == "limits" && key.text == "memory")
                        copy_size(to, "mem_limit", setting);
                    else if (kind.text == "reservations" && key.text == "cpus")
                        copy_cpus(to, "cpus", setting);
                    else
                        to.dropped(key, "there are mem_limit, cpus (reserved) and cpu_shares");
                });
            }
        });
    }
}

void convert_mode(Work& to, YamlNode const& value) {
    if (value.text == "global")
        put(to.group("deploy"), "strategy", make_text("daemon"));
    else if (value.text != "replicated")
        to.dropped(value, "a service keeps running: jobs do not exist");
}

void convert_deploy(Work& to, std::string_view, YamlNode const& value) {
    for (auto const& [key, setting] : value.entries) {
        to.in.within(key.text, [&] {
            if (key.text == "replicas")
                convert_instances(to, key.text, setting);
            else if (key.text == "mode")
                convert_mode(to, setting);
            else if (key.text == "placement")
                convert_placement(to, setting);
            else if (key.text == "resources")
                convert_resources(to, setting);
            else if (key.text == "restart_policy")
                to.dropped(key, "Kontena always restarts the containers of a service");
            else if (key.text == "update_config")
                to.dropped(key, "write deploy: with min_health and wait_for_port");
            else if (key.text == "rollback_config")
                to.dropped(key, "a deploy that fails stops; revert the commit");
            else
                to.dropped(key, "stack files do not have it");
        });
    }
}

/// `CMD a b`, or `CMD-SHELL a b` split into words; empty when it cannot be.
std::vector<std::string> test_words(YamlNode const& test) {
    std::vector<std::string> words;
    for (auto const& item : test.items) words.push_back(item.text);
    auto const shell = test.is_string() || (words.size() == 2 && words.front() == "CMD-SHELL");
    if (!shell) {
        if (!words.empty() && words.front() == "CMD") words.erase(words.begin());
        return words;
    }
    auto const split = split_command(test.is_string() ? test.text : words[1]);
    return split ? *split : std::vector<std::string>{};
}

void copy_seconds(
    Work& to, YamlNode const& check, std::string_view from, YamlNode& out, std::string_view key
) {
    auto const* value = check.find(from);
    if (value == nullptr) return;
    auto const seconds = whole_seconds(yaml::canonical(*value));
    if (seconds)
        put(out, key, make_integer(*seconds));
    else
        to.in.within(from, [&] { to.dropped(*value, "a time such as 30s is expected"); });
}

void convert_healthcheck(Work& to, std::string_view, YamlNode const& value) {
    auto const* disabled = value.find("disable");
    auto const* test = value.find("test");
    if (disabled != nullptr && disabled->boolean) return; // nothing is checked unless asked for
    if (test == nullptr) {
        to.dropped(value, "there is no test; the check of the image is not used either");
        return;
    }
    auto const words = test_words(*test);
    if (!words.empty() && words.front() == "NONE") return;
    auto const probe = probe_of(words);
    if (!probe) {
        to.dropped(
            *test,
            "health_check asks a port by http or tcp and runs no command: write health_check: with "
            "protocol and port"
        );
        return;
    }
    auto out = make_map();
    put(out, "protocol", make_text(probe->http ? "http" : "tcp"));
    put(out, "port", make_integer(probe->port));
    if (probe->http && probe->uri != "/") put(out, "uri", make_text(probe->uri));
    copy_seconds(to, value, "timeout", out, "timeout");
    copy_seconds(to, value, "interval", out, "interval");
    copy_seconds(to, value, "start_period", out, "initial_delay");
    for (auto const& [key, setting] : value.entries)
        if (key.text == "retries" || key.text == "start_interval")
            to.in.within(key.text, [&] { to.dropped(key, "health_check does not have it"); });
    put(to.out, "health_check", std::move(out));
}

void convert_restart(Work& to, std::string_view, YamlNode const& value) {
    if (value.text == "always" || value.text == "unless-stopped") return; // what Kontena does
    to.dropped(value, "Kontena always restarts the containers of a service");
}

void convert_container_name(Work& to, std::string_view, YamlNode const& value) {
    to.dropped(value, "containers are named after stack, service and instance");
}

enum class Form { any, list, map, list_or_map };

/// What is wrong with the form of a value, empty when nothing is.
std::string_view wrong_form(Form form, YamlNode const& value) {
    auto const list = value.is_sequence();
    auto const map = value.is_map();
    if (form == Form::list && !list) return "a list is expected";
    if (form == Form::map && !map) return "a map is expected";
    if (form == Form::list_or_map && !list && !map) return "a map or a list is expected";
    return {};
}

struct Rule {
    std::string_view key;
    Convert convert;
    Form form = Form::any;
};

constexpr std::array<Rule, 39> kRules{{
    {"image", copy_text},
    {"build", convert_build},
    {"extends", convert_extends},
    {"scale", convert_instances},
    {"command", convert_command},
    {"entrypoint", convert_entrypoint},
    {"environment", convert_environment, Form::list_or_map},
    {"env_file", convert_env_file},
    {"user", copy_text},
    {"ports", convert_ports, Form::list},
    {"volumes", convert_volumes, Form::list},
    {"volumes_from", copy_texts},
    {"links", convert_links},
    {"external_links", convert_links},
    {"depends_on", convert_depends_on},
    {"network_mode", convert_network_mode},
    {"pid", convert_pid},
    {"privileged", copy_flag},
    {"read_only", copy_flag},
    {"cap_add", copy_texts},
    {"cap_drop", copy_texts},
    {"cpus", copy_cpus},
    {"cpu_shares", copy_number},
    {"mem_limit", copy_size},
    {"memswap_limit", copy_size},
    {"shm_size", copy_size},
    {"logging", convert_logging, Form::map},
    {"stop_signal", copy_text},
    {"stop_grace_period", copy_duration},
    {"healthcheck", convert_healthcheck, Form::map},
    {"deploy", convert_deploy, Form::map},
    {"restart", convert_restart},
    {"container_name", convert_container_name},
    // What a stack file has and Compose does not, for files that are half converted.
    {"instances", convert_instances},
    {"stateful", copy_flag},
    {"affinity", copy_texts},
    {"health_check", [](Work& to, std::string_view key, YamlNode const& v) { put(to.out, key, v); }
    },
    {"secrets", nullptr},
    {"configs", nullptr},
}};

std::string_view why_not(std::string_view key) {
    if (key == "secrets")
        return "Compose mounts files; Kontena gives secrets of its vault as "
               "environment variables: write secrets: with secret, name and type";
    auto const hint = instead_of_foreign_key(key);
    return hint.empty() ? "stack files do not have it" : hint;
}

void require_image(Work& to, YamlNode const& key) {
    if (to.out.find("image") != nullptr || to.out.find("extends") != nullptr) return;
    auto image = fmt::format("{}/{}:latest", to.context.stack, key.text);
    to.note(
        key,
        fmt::format(
            "Compose names the image that it builds: here it is {}; put your registry in front of "
            "it, so that hosts can pull it",
            image
        )
    );
    to.out.entries.insert(
        to.out.entries.begin(), {make_text("image"), make_text(std::move(image))}
    );
}

} // namespace

YamlNode convert_service(Context& context, yaml::YamlEntry const& service) {
    Work to{context, Checker(context.report, "services." + service.key.text), make_map()};
    for (auto const& [key, value] : service.value.entries) {
        if (key.text.starts_with("x-") || value.is_null()) continue;
        auto const rule = std::ranges::find(kRules, key.text, &Rule::key);
        to.in.within(key.text, [&] {
            auto const known = rule != kRules.end() && rule->convert != nullptr;
            auto const why = known ? wrong_form(rule->form, value) : why_not(key.text);
            if (!why.empty())
                to.dropped(known ? value : key, why);
            else
                rule->convert(to, key.text, value);
        });
    }
    join_command(to);
    require_image(to, service.key);
    return std::move(to.out);
}

} // namespace kontena::stackfile::compose
