#include "tests/unit/stackfile/liquid/engine.hpp"

#include <fmt/format.h>

namespace kontena::test {

using stackfile::List;
using stackfile::Value;

namespace {

Value word(char const* value) { return std::string(value); }

} // namespace

stackfile::liquid::Context Engine::variables() {
    return {
        .values =
            {{"name", word("web")},
             {"n", std::int64_t{3}},
             {"f", 1.5},
             {"yes", true},
             {"no", false},
             {"nothing", Value{}},
             {"five", word("5")},
             {"list", List{word("a"), word("b"), word("c")}},
             {"nums", List{std::int64_t{3}, std::int64_t{1}, std::int64_t{2}}},
             {"none", List{}},
             {"a-b", word("dash")},
             {"broken", Value{}}},
        .broken = {"broken"},
    };
}

Engine::Engine(std::string const& source, stackfile::liquid::Context const& context) {
    stackfile::LineIndex const lines(source);
    stackfile::Report report(lines, "f");
    auto const mapped = stackfile::MappedText::identity(source);
    auto rendering = stackfile::liquid::render(mapped, lines, context, report);
    text = rendering.text.text();
    whole = rendering.whole;
    for (auto const& issue : report.take_errors())
        errors += fmt::format("{}:{} {}\n", issue.line, issue.column, issue.reason);
}

} // namespace kontena::test
