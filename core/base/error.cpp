#include "core/base/error.hpp"

#include <fmt/format.h>

#include <ranges>

namespace kontena::core {

std::string to_string(Issue const& issue) {
    std::string out;
    if (!issue.file.empty()) {
        out += issue.file;
        if (issue.line > 0) out += fmt::format(":{}", issue.line);
        if (issue.line > 0 && issue.column > 0) out += fmt::format(":{}", issue.column);
        out += ": ";
    }
    if (!issue.path.empty()) out += issue.path + ": ";
    return out + issue.reason;
}

std::string to_string(Error const& error) {
    std::string out;
    for (auto const& doing : error.context | std::views::reverse) out += doing + ": ";
    out += error.message;
    if (!error.issues.empty()) out += " (" + to_string(error.issues.front());
    if (error.issues.size() > 1) out += fmt::format(", and {} more", error.issues.size() - 1);
    if (!error.issues.empty()) out += ")";
    return out;
}

} // namespace kontena::core
