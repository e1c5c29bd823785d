#include "stackfile/report.hpp"

#include "core/base/strings.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <tuple>

namespace kontena::stackfile {
namespace {

/// `a.b` is above `a.b.c`.
bool above(std::string_view upper, std::string_view lower) {
    return lower.starts_with(upper) &&
           (upper.empty() || lower.size() == upper.size() || lower[upper.size()] == '.');
}

constexpr std::string_view kHidden = "[hidden]";
constexpr std::size_t kMaxHiddenTexts = 1000; ///< beyond them, only what is quoted is left out

void replace_all(std::string& text, std::string_view what) {
    for (auto at = text.find(what); at != std::string::npos;
         at = text.find(what, at + kHidden.size()))
        text.replace(at, what.size(), kHidden);
}

} // namespace

void sort_by_place(std::vector<core::Issue>& issues) {
    std::ranges::sort(issues, {}, [](core::Issue const& issue) {
        return std::tie(issue.line, issue.column, issue.path, issue.reason);
    });
    auto const repeated = std::ranges::unique(issues);
    issues.erase(repeated.begin(), repeated.end());
}

void mark_end(std::vector<core::Issue>& issues) {
    if (!issues.empty())
        issues.back().reason += "; there may be more errors: no others are looked for";
}

core::Issue Report::make(std::string path, Place place, std::string reason) const {
    redact(place.line, path, reason);
    return make_plain(std::move(path), place, std::move(reason));
}

core::Issue Report::make_plain(std::string path, Place place, std::string reason) const {
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

void Report::syntax_error(Place place, std::string reason) {
    ++count_;
    if (full() || tainted(place.line)) return;
    errors_.push_back(make_plain("", place, std::move(reason)));
}

void Report::error_elsewhere(core::Issue issue) {
    ++count_;
    if (!full()) elsewhere_.push_back(std::move(issue));
}

void Report::warn(std::string path, Place place, std::string reason) {
    if (tainted(place.line) || full_of_warnings()) return;
    if (warnings_.size() + 1 == kMaxErrors) reason += "; further warnings are left out";
    warnings_.push_back(make(std::move(path), place, std::move(reason)));
}

void Report::template_error(std::string path, Place place, std::string reason) {
    ++count_;
    if (full()) return;
    errors_.push_back(make(std::move(path), place, std::move(reason)));
    template_lines_.insert(place.line);
}

void Report::hide(int line, std::string_view text) {
    auto& texts = hidden_[line];
    if (text.empty() || hidden_texts_ == kMaxHiddenTexts) return;
    auto const add = [&](std::string_view part) {
        if (hidden_texts_ < kMaxHiddenTexts && part.size() > 1 && texts.emplace(part).second)
            ++hidden_texts_;
    };
    add(text);
    // Rules take values apart and name one part.
    while (!text.empty()) {
        auto const end = std::min(text.find_first_of("/:=,. \t\n"), text.size());
        add(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void Report::hide(int line, Report const& other) {
    std::set<std::string, std::less<>> all;
    for (auto const& [unused, texts] : other.hidden_) all.insert(texts.begin(), texts.end());
    if (!other.hidden_.empty()) hidden_[line].merge(all);
}

void Report::redact(int line, std::string& path, std::string& reason) const {
    auto const known = hidden_.find(line);
    if (known == hidden_.end()) return;
    auto const first = reason.find_first_of("'\"");
    auto const last = reason.find_last_of("'\"");
    if (first < last && last != std::string::npos)
        reason.replace(first + 1, last - first - 1, kHidden);
    // A longer text goes before what may be a part of it.
    std::vector<std::string_view> texts(known->second.begin(), known->second.end());
    std::ranges::sort(texts, std::ranges::greater{}, &std::string_view::size);
    for (auto const text : texts) {
        replace_all(path, text);
        replace_all(reason, text);
    }
}

std::vector<std::string> Report::hidden_texts() const {
    constexpr std::size_t kWord = 4; // what is shorter is part of too many words
    std::vector<std::string> out;
    for (auto const& [line, texts] : hidden_)
        std::ranges::copy_if(texts, std::back_inserter(out), [](auto const& text) {
            return text.size() >= kWord;
        });
    return out;
}

bool Report::concerns(std::string_view path) const {
    auto const concerned = [&](core::Issue const& issue) {
        return !issue.path.empty() && above(issue.path, path);
    };
    return std::ranges::any_of(errors_, concerned) || std::ranges::any_of(elsewhere_, concerned);
}

std::vector<core::Issue> Report::take_errors() {
    auto const cut_off = full();
    auto out = std::move(errors_);
    sort_by_place(out);
    std::ranges::move(elsewhere_, std::back_inserter(out));
    if (cut_off) mark_end(out);
    return out;
}

std::vector<core::Issue> Report::take_warnings() {
    auto out = std::move(warnings_);
    sort_by_place(out);
    return out;
}

} // namespace kontena::stackfile
