#include "stackfile/detect.hpp"

#include "core/base/strings.hpp"
#include "core/yaml/load.hpp"
#include "stackfile/liquid/liquid.hpp"
#include "stackfile/liquid/mask.hpp"
#include "stackfile/read.hpp"

namespace kontena::stackfile {
namespace {

/// `key:`, with quotes around the key or without.
bool begins_with_key(std::string_view line, std::string_view key) {
    auto const quote = line.empty() ? '\0' : line.front();
    bool const quoted = quote == '"' || quote == '\'';
    if (quoted) line.remove_prefix(1);
    if (!line.starts_with(key)) return false;
    line.remove_prefix(key.size());
    if (quoted && !line.starts_with(quote)) return false;
    if (quoted) line.remove_prefix(1);
    auto const colon = line.find_first_not_of(" \t");
    if (colon == std::string_view::npos || line[colon] != ':') return false;
    auto const behind = line.substr(colon + 1);
    return behind.empty() || behind.front() == ' ' || behind.front() == '\t';
}

} // namespace

bool has_top_level(std::string_view raw, std::string_view key) {
    auto const text = yaml::normalise_text(raw);
    bool content = false;
    for (auto const line : core::split(text, '\n')) {
        if (begins_with_key(line, key)) return true;
        if (line.starts_with('{') && liquid::is_plain(line.substr(0, 2))) {
            liquid::Mask const mask(MappedText::identity(text));
            auto const root = yaml::load(mask.text().text(), "");
            return root && root->find(key) != nullptr;
        }
        if (line.starts_with("...") || (content && line.starts_with("---"))) return false;
        auto const blank = core::trim(line);
        content = content || !(blank.empty() || blank.front() == '#' || line.starts_with("---"));
    }
    return false;
}

bool is_stack_file(std::string_view text) { return has_top_level(text, "stack"); }

} // namespace kontena::stackfile
