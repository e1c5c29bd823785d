#include "stackfile/compose/service.hpp"

#include "core/yaml/make.hpp"
#include "stackfile/compose/values.hpp"
#include "stackfile/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile::compose {

using yaml::Kind;
using yaml::make_integer;
using yaml::make_list;
using yaml::make_map;
using yaml::make_text;
using yaml::put;
using yaml::YamlNode;

namespace {

void convert_image(Work& to, std::string_view key, YamlNode const& value) {
    if (auto const image = to.text(value); image.find_first_of(" \t\n") != std::string::npos)
        to.dropped(value, "the name of an image has no blanks");
    else if (!value.is_scalar() || !image.empty())
        copy_text(to, key, value);
}

void convert_cpus(Work& to, std::string_view key, YamlNode const& value) {
    auto made = converted(to, kCpus, value);
    if (made.is_null()) return;
    put(to.out, key, std::move(made));
    to.note(value, "the host of an instance also reserves them for it");
}

void convert_cpu_shares(Work& to, std::string_view key, YamlNode const& value) {
    constexpr std::int64_t kMost = 1024;
    auto made = converted(to, kWholeNumber, value);
    if (made.kind == Kind::integer && made.integer > kMost) {
        made = make_integer(kMost);
        to.note(value, "it is 1024 here, the most that there is");
    }
    if (!made.is_null()) put(to.out, key, std::move(made));
}

void convert_size(Work& to, std::string_view key, YamlNode const& value) {
    if (auto made = converted(to, kSize, value); !made.is_null()) put(to.out, key, std::move(made));
}

void convert_grace(Work& to, std::string_view key, YamlNode const& value) {
    auto made = converted(to, kDuration, value);
    if (made.is_null()) return;
    if (auto const time = whole_seconds(yaml::canonical(value)); time && time->rounded)
        to.note(value, fmt::format("stack files have whole seconds: it is {}", made.text));
    put(to.out, key, std::move(made));
}

/// Docker also takes `TERM` for `SIGTERM`.
void convert_signal(Work& to, std::string_view key, YamlNode const& value) {
    auto name = to.text(value);
    auto const letter =
        !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) != 0;
    auto const begins = [&](std::string_view word) { return name.starts_with(word); };
    if (letter && !begins("SIG") && !begins("sig")) name = "SIG" + name;
    if (!value.is_scalar() || name.empty())
        to.dropped(value, "the name of a signal is expected");
    else
        put(to.out, key, make_template(std::move(name)));
}

void convert_command(Work& to, std::string_view key, YamlNode const& value) {
    if (value.is_sequence()) {
        put(to.out, key, make_template(shell_line(to.texts(value))));
    } else if (auto const split = split_command(to.text(value)); split) {
        copy_text(to, key, value);
    } else {
        to.dropped(value, split.error().message);
    }
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
    put(to.out, key, make_template(words.front()));
    to.before_command.assign(words.begin() + 1, words.end());
}

void join_command(Work& to) {
    if (to.before_command.empty()) return;
    auto line = shell_line(to.before_command);
    if (auto const* command = to.out.find("command")) line += " " + command->text;
    put(to.out, "command", make_template(std::move(line)));
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
    } else if (name.find('=') != std::string::npos) {
        to.dropped(at, "a name cannot have a '=' in it");
    } else if (!value.is_scalar()) {
        to.dropped(value, "a single value is expected");
    } else if (value.text.find('\0') != std::string::npos) {
        to.dropped(value, "it has a NUL character in it");
    } else if (!value.is_null()) {
        put(map, literal(name), make_template(to.text(value)));
    } else if (is_reference_name(name)) {
        put(map, name, make_template("${" + name + "}"));
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
    auto files = make_list({});
    for (auto const& item : value.items) {
        auto const* path = item.is_map() ? item.find("path") : &item;
        if (path != nullptr && path->is_scalar())
            files.items.push_back(make_template(to.text(*path)));
        else
            to.dropped(item, "an env_file is a path");
        if (item.is_map() && item.entries.size() > 1)
            to.note(item, "the file must be there; it is read as KEY=value lines");
    }
    put(to.out, key, std::move(files));
}

/// Adds the link unless the file has no such service. `text` is `SERVICE[:ALIAS]`.
void add_link(Work& to, YamlNode const& at, std::string const& text, YamlNode& out) {
    auto const colon = std::min(text.find(':'), text.size());
    auto const name = text.substr(0, colon);
    if (!to.context.existing.contains(name)) {
        to.dropped(at, fmt::format("the file has no service '{}'", name));
        return;
    }
    out.items.push_back(make_text(to.context.services.of(name) + literal(text.substr(colon))));
}

void put_links(Work& to, std::string_view key, YamlNode links) {
    if (!links.items.empty()) put(to.out, key, std::move(links));
}

void convert_links(Work& to, std::string_view key, YamlNode const& value) {
    auto out = make_list({});
    for (auto const& item : value.items) add_link(to, item, item.text, out);
    put_links(to, key, std::move(out));
}

void convert_depends_on(Work& to, std::string_view key, YamlNode const& value) {
    if (!value.is_map()) {
        convert_links(to, key, value);
        return;
    }
    auto out = make_list({});
    for (auto const& [name, condition] : value.entries) {
        auto const* wanted = condition.find("condition");
        to.in.within(name.text, [&] {
            add_link(to, name, name.text, out);
            if (wanted != nullptr && wanted->text == "service_completed_successfully")
                to.note(*wanted, "services do not complete: it is only deployed before this one");
            for (auto const& [option, setting] : condition.entries)
                if (option.text != "condition") to.dropped(option, "only the order counts");
        });
    }
    put_links(to, key, std::move(out));
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

/// A map of names to values; null stays null.
YamlNode templates_of(Work& to, YamlNode const& map) {
    auto out = make_map();
    for (auto const& [name, value] : map.entries)
        to.in.within(name.text, [&] {
            if (value.is_scalar())
                put(out, literal(name.text), value.is_null() ? value : make_template(to.text(value))
                );
            else
                to.dropped(value, "a single value is expected");
        });
    return out;
}

void convert_logging(Work& to, std::string_view key, YamlNode const& value) {
    auto out = make_map();
    if (auto const* driver = value.find("driver"))
        put(out, "driver", make_template(to.text(*driver)));
    if (auto const* options = value.find("options"))
        put(out, "options", templates_of(to, *options));
    for (auto const& [part, setting] : value.entries)
        if (part.text != "driver" && part.text != "options")
            to.in.within(part.text, [&] { to.dropped(part, "logging has driver and options"); });
    if (!out.entries.empty()) put(to.out, key, std::move(out));
}

YamlNode templates_list(Work& to, YamlNode const& list) {
    auto out = make_list({});
    for (auto& text : to.texts(list)) out.items.push_back(make_template(std::move(text)));
    return out;
}

void convert_build(Work& to, std::string_view key, YamlNode const& value) {
    if (!value.is_map()) {
        copy_text(to, key, value);
        return;
    }
    auto out = make_map();
    for (auto const& [part, setting] : value.entries)
        to.in.within(part.text, [&] {
            if (part.text == "args" && setting.is_sequence())
                put(out, "args", templates_list(to, setting));
            else if (part.text == "args")
                put(out, "args", templates_of(to, setting));
            else if (part.text != "context" && part.text != "dockerfile")
                to.dropped(part, "a build has context, dockerfile and args");
            else if (setting.is_scalar() && !setting.is_null())
                put(out, part.text, make_template(to.text(setting)));
            else
                to.dropped(part, "a path is expected");
        });
    if (out.find("context") == nullptr) put(out, "context", make_text("."));
    put(to.out, key, std::move(out));
}

void convert_extends(Work& to, std::string_view key, YamlNode const& value) {
    auto const* file = value.find("file");
    auto const* service = value.is_map() ? value.find("service") : &value;
    if (service == nullptr || !service->is_scalar()) {
        to.dropped(value, "the name of a service is expected");
    } else if (file != nullptr) {
        auto out = make_map();
        put(out, "service", make_text(to.context.services.of(service->text)));
        put(out, "file", make_template(to.text(*file)));
        put(to.out, key, std::move(out));
        to.note(*file, "the file that it extends from must be converted too");
    } else if (to.context.existing.contains(service->text)) {
        put(to.out, key, make_text(to.context.services.of(service->text)));
    } else {
        to.dropped(*service, fmt::format("the file has no service '{}'", service->text));
    }
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

constexpr std::array<Rule, 35> kRules{{
    {"image", convert_image},
    {"build", convert_build},
    {"extends", convert_extends},
    {"scale", convert_instances},
    {"entrypoint", convert_entrypoint},
    {"command", convert_command},
    {"environment", convert_environment, Form::list_or_map},
    {"env_file", convert_env_file},
    {"user", copy_text},
    {"ports", convert_ports, Form::list},
    {"stateful", copy_flag}, // not of Compose: the file is half converted
    {"volumes", convert_volumes, Form::list},
    {"links", convert_links, Form::list},
    {"depends_on", convert_depends_on, Form::list_or_map},
    {"network_mode", convert_network_mode},
    {"pid", convert_pid},
    {"privileged", copy_flag},
    {"read_only", copy_flag},
    {"cap_add", copy_texts},
    {"cap_drop", copy_texts},
    {"cpus", convert_cpus},
    {"cpu_shares", convert_cpu_shares},
    {"mem_limit", convert_size},
    {"memswap_limit", convert_size},
    {"shm_size", convert_size},
    {"logging", convert_logging, Form::map},
    {"stop_signal", convert_signal},
    {"stop_grace_period", convert_grace},
    {"healthcheck", convert_healthcheck, Form::map},
    {"restart", convert_restart},
    {"container_name", convert_container_name},
    // What a stack file has and Compose does not, for files that are half converted.
    {"instances", convert_instances},
    {"affinity", copy_texts},
    {"health_check", [](Work& to, std::string_view key, YamlNode const& v) { put(to.out, key, v); }
    },
    // What an older key says, too, is known by then.
    {"deploy", convert_deploy, Form::map},
}};

/// What there is instead in this version, where that differs from what stack files will have.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kNotYet{{
    {"configs", "put files into the image, or on every host; give values with environment:"},
    {"dns", "containers use the DNS of their host"},
    {"dns_search", "containers use the DNS of their host"},
    {"domainname", "containers have the names that Docker gives them"},
    {"expose", "containers on one host reach each other's ports, others only what ports: publishes"
    },
    {"external_links", "containers do not find each other by name yet"},
    {"extra_hosts", "put the addresses into environment:, or the names into the image"},
    {"hostname", "containers have the names that Docker gives them"},
    {"labels", "services have no labels: a proxy that looks for them finds nothing; publish ports:"
    },
    {"networks", "containers are on the bridge of their host's engine: publish what others need"},
    {"profiles", "all services of a stack run: write only_if: with a variable, or take it out"},
    {"secrets", "there is no vault yet: give values with environment: and a variable"},
    {"ulimits", "the limits are those of the host's engine"},
    {"volumes_from", "services do not share volumes yet: mount a path of the host in both"},
}};

std::string_view why_not(std::string_view key) {
    auto const known = std::ranges::find(kNotYet, key, [](auto const& one) { return one.first; });
    if (known != kNotYet.end()) return known->second;
    auto const hint = instead_of_foreign_key(key);
    return hint.empty() ? "stack files do not have it" : hint;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

void require_image(Work& to, YamlNode const& key) {
    if (auto const* given = to.out.find("image"); given != nullptr) {
        to.need(given->text);
        return;
    }
    if (to.out.find("extends") != nullptr) return;
    auto const built = to.out.find("build") != nullptr;
    auto image =
        lower(fmt::format("{}/{}:latest", to.context.stack, to.context.services.of(key.text)));
    to.note(
        key,
        fmt::format(
            "{}: here it is {}{}",
            built ? "Compose names the image that it builds" : "it has no image",
            image,
            built ? "; put your registry in front of it, so that hosts can pull it"
                  : ", which you must change"
        )
    );
    to.out.entries.insert(
        to.out.entries.begin(), {make_text("image"), make_text(std::move(image))}
    );
}

std::optional<std::uint64_t> bytes_of(Work const& to, std::string_view key) {
    auto const* node = to.out.find(key);
    if (node == nullptr) return std::nullopt;
    auto const plain = to.by_default(node->text);
    auto const size = plain ? parse_size(*plain) : core::Result<std::uint64_t>(0);
    return size ? std::optional(*size) : std::nullopt;
}

/// Counts memory and swap together, and so needs a limit of the memory below it.
void check_swap(Work& to, YamlNode const& service) {
    auto const swap = bytes_of(to, "memswap_limit");
    auto const memory = bytes_of(to, "mem_limit");
    if (!swap || (memory && *memory <= *swap)) return;
    std::erase_if(to.out.entries, [](auto const& one) { return one.key.text == "memswap_limit"; });
    to.in.within("memswap_limit", [&] {
        to.dropped(
            service.find_entry("memswap_limit")->key,
            "it counts memory and swap together, so there must be a mem_limit not above it"
        );
    });
}

/// One key after the other; a null value counts as absent.
void convert_keys(Work& to, YamlNode const& service) {
    for (auto const& [key, value] : service.entries)
        if (!key.text.starts_with("x-") && !value.is_null() &&
            std::ranges::find(kRules, key.text, &Rule::key) == kRules.end())
            to.in.within(key.text, [&] { to.dropped(key, why_not(key.text)); });
    for (auto const& rule : kRules) {
        auto const* value = service.find(rule.key);
        if (value == nullptr || value->is_null()) continue;
        to.in.within(rule.key, [&] {
            auto const why = wrong_form(rule.form, *value);
            if (why.empty())
                rule.convert(to, rule.key, *value);
            else
                to.dropped(*value, why);
        });
    }
}

} // namespace

YamlNode convert_service(Context& context, yaml::YamlEntry const& service) {
    Work to{context, Checker(context.report, "services." + service.key.text), make_map()};
    convert_keys(to, service.value);
    join_command(to);
    check_swap(to, service.value);
    require_image(to, service.key);
    return std::move(to.out);
}

} // namespace kontena::stackfile::compose
