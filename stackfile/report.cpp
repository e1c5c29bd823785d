#include "stackfile/report.hpp"

#include "core/base/strings.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace kontena::stackfile {
namespace {

/// `a.b` is above `a.b.c`.
bool above(std::string_view upper, std::string_view lower) {
    return lower.starts_with(upper) &&
           (upper.empty() || lower.size() == upper.size() || lower[upper.size()] == '.');
}

} // namespace

void sort_by_place(std::vector<core::Issue>& issues) {
    std::ranges::sort(issues, {}, [](core::Issue const& issue) {
        return std::tie(issue.line, issue.column, issue.path, issue.reason);
    });
    auto const repeated = std::ranges::unique(issues);
    issues.erase(repeated.begin(), repeated.end());
}

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
    if (tainted(place.line)) return;
    errors_.push_back(make(std::move(path), place, std::move(reason)));
}

void Report::error_elsewhere(core::Issue issue) {
    ++count_;
    if (!full()) elsewhere_.push_back(std::move(issue));
}

void Report::warn(std::string path, Place place, std::string reason) {
    if (tainted(place.line) || warnings_.size() >= kMaxErrors) return;
    if (warnings_.size() + 1 == kMaxErrors) reason += "; further warnings are left out";
    warnings_.push_back(make(std::move(path), place, std::move(reason)));
}

void Report::template_error(std::string path, Place place, std::string reason) {
    ++count_;
    if (full()) return;
    errors_.push_back(make(std::move(path), place, std::move(reason)));
    template_lines_.insert(place.line);
}

bool Report::concerns(std::string_view path) const {
    auto const concerned = [&](core::Issue const& issue) {
        return !issue.path.empty() && above(issue.path, path);
    };
    return std::ranges::any_of(errors_, concerned) || std::ranges::any_of(elsewhere_, concerned);
}

std::vector<core::Issue> Report::take_errors() {
    auto out = std::move(errors_);
    sort_by_place(out);
    std::ranges::move(elsewhere_, std::back_inserter(out));
    return out;
}

std::vector<core::Issue> Report::take_warnings() {
    auto out = std::move(warnings_);
    sort_by_place(out);
    return out;
}

} // namespace kontena::stackfile
