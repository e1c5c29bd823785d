#include "stackfile/report.hpp"

#include "core/base/strings.hpp"

#include <algorithm>
#include <tuple>

namespace kontena::stackfile {
namespace {

/// `a.b` is above `a.b.c`.
bool above(std::string_view upper, std::string_view lower) {
    return lower.starts_with(upper) &&
           (upper.empty() || lower.size() == upper.size() || lower[upper.size()] == '.');
}

std::vector<core::Issue> in_order(std::vector<core::Issue> issues) {
    std::ranges::sort(issues, {}, [](core::Issue const& issue) {
        return std::tie(issue.line, issue.column, issue.path, issue.reason);
    });
    auto const repeated = std::ranges::unique(issues);
    issues.erase(repeated.begin(), repeated.end());
    return issues;
}

} // namespace

core::Issue Report::make(std::string path, Place place, std::string reason) const {
    auto column = place.column;
    if (auto const line = original_.line(place.line); column > 1) {
        auto const before = line.substr(0, static_cast<std::size_t>(column - 1));
        column = 1 + static_cast<int>(core::count_code_points(before));
    }
    return {
        .path = std::move(path),
        .reason = std::move(reason),
        .file = file_,
        .line = place.line,
        .column = column,
    };
}

void Report::error(std::string path, Place place, std::string reason) {
    ++count_;
    if (full()) return;
    if (place.line > 0 && template_lines_.contains(place.line)) return;
    errors_.push_back(make(std::move(path), place, std::move(reason)));
}

void Report::warn(std::string path, Place place, std::string reason) {
    if (place.line > 0 && template_lines_.contains(place.line)) return;
    warnings_.push_back(make(std::move(path), place, std::move(reason)));
}

void Report::template_error(std::string path, Place place, std::string reason) {
    ++count_;
    if (full()) return;
    errors_.push_back(make(std::move(path), place, std::move(reason)));
    template_lines_.insert(place.line);
}

bool Report::concerns(std::string_view path) const {
    return std::ranges::any_of(errors_, [&](core::Issue const& issue) {
        return !issue.path.empty() && above(issue.path, path);
    });
}

std::vector<core::Issue> Report::take_errors() { return in_order(std::move(errors_)); }

std::vector<core::Issue> Report::take_warnings() { return in_order(std::move(warnings_)); }

} // namespace kontena::stackfile
