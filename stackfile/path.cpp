#include "stackfile/path.hpp"

#include "core/base/strings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace kontena::stackfile {

std::string join_path(std::string_view folder, std::string_view path) {
    auto const whole = path.starts_with('/') || folder.empty() ? std::string(path)
                                                               : fmt::format("{}/{}", folder, path);
    auto const absolute = whole.starts_with('/');
    std::vector<std::string_view> parts;
    for (auto const part : core::split(whole, '/')) {
        if (part.empty() || part == ".") continue;
        if (part != "..")
            parts.push_back(part);
        else if (!parts.empty() && parts.back() != "..")
            parts.pop_back();
        else if (!absolute)
            parts.push_back(part);
    }
    auto out = fmt::format("{}{}", absolute ? "/" : "", fmt::join(parts, "/"));
    return out.empty() ? "." : out;
}

std::string_view folder_of(std::string_view file) {
    auto const slash = file.rfind('/');
    if (slash == std::string_view::npos) return {};
    return file.substr(0, slash == 0 ? 1 : slash);
}

} // namespace kontena::stackfile
