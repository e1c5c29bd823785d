#include "cli/render/problems.hpp"

#include "cli/render/issues.hpp"
#include "core/base/strings.hpp"

#include <algorithm>

namespace kontena::cli::render {
namespace {

/// `reason; did you mean 'x'?` in its two parts.
void take_suggestion(Problem& problem) {
    constexpr std::string_view kBefore = "; did you mean '";
    constexpr std::string_view kBehind = "'?";
    auto const at = problem.reason.rfind(kBefore);
    if (at == std::string::npos || !problem.reason.ends_with(kBehind)) return;
    auto const name = at + kBefore.size();
    problem.suggestion = problem.reason.substr(name, problem.reason.size() - kBehind.size() - name);
    problem.reason.resize(at);
}

void add_place(Problem& problem, core::Issue const& issue, std::string_view text) {
    if (issue.line <= 0) return;
    problem.line = problem.end_line = issue.line;
    if (issue.column <= 0) return;
    problem.column = problem.end_column = issue.column;
    auto const lines = core::split(text, '\n');
    auto const index = static_cast<std::size_t>(issue.line) - 1;
    if (text.empty() || index >= lines.size()) return;
    problem.text = well_formed(words_at(lines[index], issue.column));
    *problem.end_column += static_cast<int>(core::count_code_points(*problem.text));
}

} // namespace

std::vector<Problem> problems(
    std::vector<core::Issue> const& issues,
    std::map<std::string, std::string> const& texts,
    std::string_view severity
) {
    std::vector<Problem> out;
    for (auto const& issue : issues) {
        Problem problem{.severity = std::string(severity), .file = well_formed(issue.file)};
        problem.path = well_formed(issue.path);
        problem.reason = well_formed(issue.reason);
        problem.message =
            problem.path.empty() ? problem.reason : problem.path + ": " + problem.reason;
        take_suggestion(problem);
        auto const text = texts.find(issue.file);
        add_place(problem, issue, text == texts.end() ? std::string_view() : text->second);
        out.push_back(std::move(problem));
    }
    return out;
}

std::vector<Problem> problems(core::Error const& error, std::vector<std::string> const& files) {
    if (!error.issues.empty()) return problems(error.issues, {}, "error");
    auto const about = std::ranges::find_if(files, [&](std::string const& file) {
        return error.message.find(file) != std::string::npos;
    });
    auto out = problems(
        {{.reason = error.message, .file = about == files.end() ? "" : *about}}, {}, "error"
    );
    return out;
}

} // namespace kontena::cli::render
