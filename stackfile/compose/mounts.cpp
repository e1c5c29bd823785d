#include "core/yaml/make.hpp"
#include "stackfile/compose/work.hpp"
#include "stackfile/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace kontena::stackfile::compose {

using yaml::put;
using yaml::YamlNode;

namespace {

bool on_this_machine(std::string_view source) {
    return source.starts_with('.') || source.starts_with('~');
}

struct Mount {
    YamlNode text;      ///< null when it is no mount for a stack file, which is noted
    std::string path;   ///< in the container
    std::string volume; ///< its name, empty when it has none
};

/// A source that only its variable knows must be a path: names of volumes stand in the file.
Mount open_mount(Work& to, YamlNode const& at, std::string const& text) {
    to.need(text);
    auto const colon = text.find(':');
    auto const source = text.substr(0, colon);
    if (colon != std::string::npos && !source.starts_with("${") && !source.starts_with('/')) {
        to.dropped(at, "the names of volumes stand in the file: give the variable a default");
        return {};
    }
    if (source.starts_with("${")) to.context.paths.insert(source.substr(2, source.find('}') - 2));
    return {make_template(text), text.substr(colon + 1), {}};
}

/// `text` may have references.
Mount mount_of(Work& to, YamlNode const& at, std::string const& text) {
    auto const plain = to.by_default(text);
    if (!plain) return open_mount(to, at, text);
    auto const colon = plain->find(':');
    auto const source = plain->substr(0, colon);
    if (colon != std::string::npos && on_this_machine(source)) {
        to.dropped(
            at,
            "a path on the host must be absolute, as instances run on any host: put the files "
            "into the image, or on every host"
        );
        return {};
    }
    auto const mount = parse_volume(*plain);
    if (!mount) {
        to.dropped(at, mount.error().message);
        return {};
    }
    if (!mount->named()) return {make_template(text), mount->path, {}};
    auto const& name = to.context.volumes.of(source);
    auto const refers = text.substr(0, text.find(':')) != source;
    if (refers) to.note(at, "the names of volumes stand in the file: the default is taken");
    auto const& rest = refers ? *plain : text;
    return {make_template(name + rest.substr(rest.find(':'))), mount->path, name};
}

/// The volumes of one service.
struct Mounts {
    YamlNode list = yaml::make_list({});
    std::set<std::string> paths = {};
    bool keeps_data = false; ///< in a named volume

    void add(Work& to, YamlNode const& at, std::string const& text) {
        auto made = mount_of(to, at, text);
        if (made.text.is_null()) return;
        if (!paths.insert(made.path).second) {
            to.dropped(at, fmt::format("'{}' has a volume already", made.path));
            return;
        }
        list.items.push_back(std::move(made.text));
        if (made.volume.empty()) return;
        keeps_data = true;
        to.context.mounted.insert(std::move(made.volume));
    }
};

void add_long(Work& to, YamlNode const& item, Mounts& out) {
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
    out.add(
        to,
        item,
        fmt::format(
            "{}{}{}{}",
            source,
            source.empty() ? "" : ":",
            part("target"),
            read_only != nullptr && read_only->boolean ? ":ro" : ""
        )
    );
    static constexpr std::array<std::string_view, 4> kCarried{
        "type", "source", "target", "read_only"
    };
    for (auto const& [key, value] : item.entries)
        if (std::ranges::find(kCarried, key.text) == kCarried.end())
            to.in.within(key.text, [&] { to.dropped(key, "stack files do not have it"); });
}

} // namespace

void convert_volumes(Work& to, std::string_view key, YamlNode const& value) {
    Mounts out;
    for (std::size_t i = 0; i < value.items.size(); ++i)
        to.in.within(std::to_string(i), [&] {
            auto const& item = value.items[i];
            if (item.is_map())
                add_long(to, item, out);
            else
                out.add(to, item, to.text(item));
        });
    if (out.list.items.empty()) return;
    if (out.keeps_data && to.out.find("stateful") == nullptr) {
        put(to.out, "stateful", yaml::make_boolean(true));
        to.note(
            value,
            "each instance gets volumes of its own on its host, shared with no other, and "
            "stateful: "
            "keeps it on that host"
        );
    }
    put(to.out, key, std::move(out.list));
}

} // namespace kontena::stackfile::compose
