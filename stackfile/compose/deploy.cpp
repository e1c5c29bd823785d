#include "core/base/strings.hpp"
#include "core/model/affinity.hpp"
#include "core/yaml/make.hpp"
#include "stackfile/compose/work.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kontena::stackfile::compose {

using yaml::Kind;
using yaml::make_text;
using yaml::put;
using yaml::YamlNode;

namespace {

constexpr std::int64_t kMostInstances = 10'000;

/// `node.labels.az == a`, `node.hostname != x`: an affinity rule, empty when there is none.
std::string affinity_of(std::string_view constraint) {
    for (std::string_view const op : {"==", "!="}) {
        auto const at = constraint.find(op);
        if (at == std::string_view::npos) continue;
        auto const key = core::trim(constraint.substr(0, at));
        auto const value = core::trim(constraint.substr(at + 2));
        constexpr std::string_view kLabel = "node.labels.";
        auto const label = key.starts_with(kLabel) && key.size() > kLabel.size();
        if ((!label && key != "node.hostname") || value.empty()) return {};
        auto rule = label ? fmt::format("label{}{}={}", op, key.substr(kLabel.size()), value)
                          : fmt::format("node{}{}", op, value);
        return model::parse_affinity(rule) ? rule : std::string();
    }
    return {};
}

void convert_placement(Work& to, YamlNode const& value) {
    auto rules = yaml::make_list({});
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
                    rules.items.push_back(make_template(std::move(rule)));
            }
        });
    }
    if (!rules.items.empty()) put(to.out, "affinity", std::move(rules));
}

void put_converted(
    Work& to, std::string_view key, Scalar const& kind, YamlNode const& value, YamlNode const& at
) {
    if (auto made = converted(to, kind, value); !made.is_null())
        to.put_over(key, std::move(made), at);
}

/// `cpus` of a stack file is both, reserved and a limit.
void convert_cpus_of(Work& to, YamlNode const& resources) {
    auto const part = [&](std::string_view kind) {
        auto const* section = resources.find(kind);
        return section == nullptr ? nullptr : section->find_entry("cpus");
    };
    auto const* limit = part("limits");
    auto const* reserved = part("reservations");
    if (limit != nullptr)
        to.in.within("limits.cpus", [&] {
            put_converted(to, "cpus", kCpus, limit->value, limit->key);
            to.note(limit->key, "the host of an instance also reserves them for it");
        });
    if (reserved != nullptr)
        to.in.within("reservations.cpus", [&] {
            if (limit != nullptr) {
                to.dropped(reserved->key, "cpus is both in a stack file, and is the limit");
                return;
            }
            put_converted(to, "cpus", kCpus, reserved->value, reserved->key);
            to.note(reserved->key, "they are also a limit: an instance gets no more");
        });
}

void convert_resources(Work& to, YamlNode const& value) {
    convert_cpus_of(to, value);
    for (auto const& [kind, section] : value.entries)
        for (auto const& [key, setting] : section.entries) {
            if (key.text == "cpus") continue;
            to.in.within(fmt::format("{}.{}", kind.text, key.text), [&] {
                if (kind.text == "limits" && key.text == "memory")
                    put_converted(to, "mem_limit", kSize, setting, key);
                else if (key.text == "memory")
                    to.dropped(key, "what mem_limit: says is also reserved");
                else
                    to.dropped(key, "there are mem_limit, cpus and cpu_shares");
            });
        }
}

void convert_mode(Work& to, YamlNode const& value) {
    if (value.text == "global")
        put(to.group("deploy"), "strategy", make_text("daemon"));
    else if (value.text != "replicated")
        to.dropped(value, "a service keeps running: jobs do not exist");
}

bool runs_on_each_host(Work const& to) {
    auto const* deploy = to.out.find("deploy");
    auto const* strategy = deploy == nullptr ? nullptr : deploy->find("strategy");
    return strategy != nullptr && strategy->text == "daemon";
}

void convert_order(Work& to, YamlNode const& value) {
    auto const* stateful = to.out.find("stateful");
    if (value.text == "stop-first")
        put(to.group("deploy"), "order", make_text("stop_first"));
    else if (value.text != "start-first")
        to.dropped(value, "must be stop-first or start-first");
    else if (stateful != nullptr && stateful->boolean)
        to.dropped(value, "a stateful service stops first: two instances cannot have one volume");
    else if (runs_on_each_host(to))
        to.dropped(value, "with strategy daemon an instance stops first");
    else
        put(to.group("deploy"), "order", make_text("start_first"));
}

/// How many of the instances are replaced at a time, as the share that stays.
void convert_parallelism(Work& to, YamlNode const& key, YamlNode const& value) {
    constexpr std::int64_t kParts = 10'000;
    auto const* given = to.out.find("instances");
    auto const known = given == nullptr || given->kind == Kind::integer;
    if (value.kind != Kind::integer || value.integer < 0 || !known || runs_on_each_host(to)) {
        to.dropped(key, "write deploy: with min_health, the share of instances that stays");
        return;
    }
    auto const instances = given == nullptr ? 1 : given->integer;
    auto const all = value.integer == 0 || value.integer >= instances;
    auto const share = all ? 0 : (instances - value.integer) * kParts / instances;
    auto const min_health = static_cast<double>(share) / static_cast<double>(kParts);
    put(to.group("deploy"), "min_health", yaml::make_real(min_health));
    to.note(
        key,
        fmt::format(
            "with {} instance{} this is min_health: {}, the share that stays; it holds for any "
            "number of instances",
            instances,
            instances == 1 ? "" : "s",
            min_health
        )
    );
}

void convert_failure(Work& to, YamlNode const& value) {
    static constexpr std::array<std::string_view, 3> kActions{"pause", "continue", "rollback"};
    if (std::ranges::find(kActions, value.text) != kActions.end())
        put(to.group("deploy"), "on_failure", make_text(value.text));
    else
        to.dropped(value, "must be pause, continue or rollback");
}

void convert_update(Work& to, YamlNode const& value) {
    constexpr std::string_view kGates =
        "an instance is done when it passes its gates: write deploy: with wait_for_port, or "
        "health_check:";
    for (auto const& [key, setting] : value.entries)
        to.in.within(key.text, [&] {
            if (key.text == "order")
                convert_order(to, setting);
            else if (key.text == "parallelism")
                convert_parallelism(to, key, setting);
            else if (key.text == "failure_action")
                convert_failure(to, setting);
            else if (key.text == "delay" || key.text == "monitor")
                to.dropped(key, kGates);
            else
                to.dropped(key, "a deploy fails when one instance fails three times in a row");
        });
}

/// In the order in which they depend on each other.
constexpr std::array<std::pair<std::string_view, void (*)(Work&, YamlNode const&)>, 4> kSections{{
    {"mode", convert_mode},
    {"placement", convert_placement},
    {"resources", convert_resources},
    {"update_config", convert_update},
}};

std::string_view why_not(std::string_view key) {
    if (key == "restart_policy") return "Kontena always restarts the containers of a service";
    if (key == "rollback_config") return "going back is a deploy like any other";
    if (key == "labels") return "services have no labels";
    return "stack files do not have it";
}

} // namespace

void convert_instances(Work& to, std::string_view, YamlNode const& value) {
    auto made = converted(to, kWholeNumber, value);
    if (made.is_null()) return;
    if (made.kind == Kind::integer && made.integer > kMostInstances)
        to.dropped(value, fmt::format("at most {} instances are possible", kMostInstances));
    else
        to.put_over("instances", std::move(made), value);
}

void convert_deploy(Work& to, std::string_view, YamlNode const& value) {
    for (auto const& [key, setting] : value.entries)
        to.in.within(key.text, [&] {
            auto const section =
                std::ranges::find(kSections, key.text, [](auto const& s) { return s.first; });
            if (key.text == "replicas")
                convert_instances(to, key.text, setting);
            else if (section == kSections.end())
                to.dropped(key, why_not(key.text));
        });
    for (auto const& section : kSections)
        if (auto const* setting = value.find(section.first); setting != nullptr)
            to.in.within(section.first, [&] { section.second(to, *setting); });
}

} // namespace kontena::stackfile::compose
