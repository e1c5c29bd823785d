#include "stackfile/normalise/env_file.hpp"

#include "core/base/strings.hpp"
#include "core/yaml/load.hpp"
#include "stackfile/path.hpp"

#include <fmt/format.h>

#include <set>

namespace kontena::stackfile {

using yaml::YamlNode;

namespace {

void read_lines(Checker& in, std::string const& file, std::string const& text, Texts& out) {
    if (auto const good = yaml::check_text(text, file); !good) {
        for (auto issue : good.error().issues) {
            issue.path = in.path();
            in.report().error_elsewhere(std::move(issue));
        }
        return;
    }
    int number = 0;
    for (auto const raw : core::split(text, '\n')) {
        ++number;
        auto const line = core::trim(raw);
        if (line.empty() || line.front() == '#') continue;
        if (line.find('=') == std::string_view::npos || line.front() == '=') {
            in.report().error_elsewhere(
                {.path = in.path(),
                 .reason = "the line is not of the form KEY=value", // it may be a secret
                 .file = file,
                 .line = number,
                 .column = 0}
            );
            continue;
        }
        out.emplace_back(line);
    }
}

void read_env_file(Checker& in, YamlNode const& name, Surroundings const& around, Texts& out) {
    if (!name.is_string()) return;
    auto const text = around.library.beside(around.document, name.text);
    if (!text) {
        in.refuse(name, text.error().message);
        return;
    }
    if (!around.library.charge((*text)->size() * 2)) {
        if (around.library.tell_too_much())
            in.refuse(
                name, fmt::format("services take over more than {} bytes in all", kMaxCopiedBytes)
            );
        return;
    }
    auto const file = join_path(folder_of(around.document.file), name.text);
    read_lines(in, file, **text, out);
}

} // namespace

Texts read_env_files(Checker& in, YamlNode const& node, Surroundings const& around) {
    Texts out;
    if (!node.is_sequence()) read_env_file(in, node, around, out);
    for (std::size_t i = 0; i < node.items.size(); ++i)
        in.within(std::to_string(i), [&] { read_env_file(in, node.items[i], around, out); });
    return out;
}

Texts first_of_each_name(Texts entries) {
    std::set<std::string_view> seen;
    std::vector<bool> keep;
    for (std::string_view const entry : entries)
        keep.push_back(seen.insert(entry.substr(0, entry.find('='))).second);
    Texts out;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (keep[i]) out.push_back(std::move(entries[i]));
    return out;
}

} // namespace kontena::stackfile
