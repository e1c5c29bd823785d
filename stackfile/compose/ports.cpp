#include "core/base/strings.hpp"
#include "core/yaml/make.hpp"
#include "stackfile/compose/values.hpp"
#include "stackfile/compose/work.hpp"
#include "stackfile/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile::compose {

using yaml::YamlNode;

namespace {

/// Each once.
void put_port(YamlNode& out, std::string port) {
    if (std::ranges::find(out.items, port, &YamlNode::text) == out.items.end())
        out.items.push_back(make_template(std::move(port)));
}

/// With references it stays as it is, if its fallbacks make a port.
void add_template(Work& to, YamlNode const& at, std::string const& text, YamlNode& out) {
    auto const plain = to.by_default(text);
    if (!plain) to.need(text);
    if (text.find(':') == std::string::npos)
        to.dropped(at, "HOST:CONTAINER is expected, both ports");
    else if (auto const valid = plain ? parse_port(*plain) : model::PortMapping{}; !valid)
        to.dropped(at, valid.error().message);
    else
        put_port(out, text);
}

/// `[IP:]HOST:CONTAINER[/PROTO]` with ranges, or CONTAINER alone.
void add_port(Work& to, YamlNode const& at, std::string const& written, YamlNode& out) {
    if (!names_in(written).empty()) {
        add_template(to, at, written, out);
        return;
    }
    auto const text = std::string_view(written);
    auto const slash = std::min(text.find('/'), text.size());
    auto const parts = core::split(text.substr(0, slash), ':');
    if (parts.size() == 1) {
        to.dropped(at, "Docker would choose the host's port: write HOST:CONTAINER");
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
        auto port = fmt::format("{}{}:{}{}", ip, hosts[i], containers[i], text.substr(slash));
        if (auto const valid = parse_port(port); valid)
            put_port(out, std::move(port));
        else
            to.dropped(at, valid.error().message);
    }
}

/// `mode: host` is what a stack file means: a port of each host that runs an instance.
void note_rest(Work& to, YamlNode const& item) {
    static constexpr std::array<std::string_view, 4> kCarried{
        "target", "published", "protocol", "host_ip"
    };
    for (auto const& [key, value] : item.entries) {
        if (std::ranges::find(kCarried, key.text) != kCarried.end()) continue;
        if (key.text == "mode" && value.text == "host") continue;
        to.in.within(key.text, [&] {
            to.dropped(
                key,
                key.text == "mode"
                    ? "a port is published on the hosts that run an instance, no other"
                    : "stack files do not have it"
            );
        });
    }
}

void add_long_port(Work& to, YamlNode const& item, YamlNode& out) {
    auto const part = [&](std::string_view key) {
        auto const* node = item.find(key);
        return node == nullptr ? std::string() : to.text(*node);
    };
    note_rest(to, item);
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

} // namespace

void convert_ports(Work& to, std::string_view key, YamlNode const& value) {
    auto out = yaml::make_list({});
    for (std::size_t i = 0; i < value.items.size(); ++i)
        to.in.within(std::to_string(i), [&] {
            auto const& item = value.items[i];
            if (item.is_map())
                add_long_port(to, item, out);
            else
                add_port(to, item, to.text(item), out);
        });
    if (!out.items.empty()) yaml::put(to.out, key, std::move(out));
}

} // namespace kontena::stackfile::compose
