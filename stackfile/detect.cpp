#include "core/base/strings.hpp"
#include "core/yaml/load.hpp"
#include "stackfile/liquid/liquid.hpp"
#include "stackfile/liquid/mask.hpp"
#include "stackfile/read.hpp"

namespace kontena::stackfile {
namespace {

bool is_stack_key(std::string_view line) {
    for (std::string_view const key : {"stack", "\"stack\"", "'stack'"}) {
        if (!line.starts_with(key)) continue;
        auto const rest = line.substr(key.size());
        auto const colon = rest.find_first_not_of(" \t");
        if (colon == std::string_view::npos || rest[colon] != ':') continue;
        auto const behind = rest.substr(colon + 1);
        if (behind.empty() || behind.front() == ' ' || behind.front() == '\t') return true;
    }
    return false;
}

} // namespace

bool is_stack_file(std::string_view raw) {
    auto const text = yaml::normalise_text(raw);
    bool content = false;
    for (auto const line : core::split(text, '\n')) {
        if (is_stack_key(line)) return true;
        if (line.starts_with('{') && liquid::is_plain(line.substr(0, 2))) {
            liquid::Mask const mask(MappedText::identity(text));
            auto const root = yaml::load(mask.text().text(), "");
            return root && root->find("stack") != nullptr;
        }
        if (line.starts_with("...") || (content && line.starts_with("---"))) return false;
        auto const blank = core::trim(line);
        content = content || !(blank.empty() || blank.front() == '#' || line.starts_with("---"));
    }
    return false;
}

} // namespace kontena::stackfile
