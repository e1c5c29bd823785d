#include "stackfile/read.hpp"

#include "core/yaml/load.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/interpolate.hpp"
#include "stackfile/liquid/liquid.hpp"
#include "stackfile/liquid/mask.hpp"
#include "stackfile/normalise/normalise.hpp"
#include "stackfile/report.hpp"
#include "stackfile/validate/rules.hpp"
#include "stackfile/variables/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::stackfile {

using yaml::YamlNode;

namespace {

/// The phases in their order. A phase that cannot go on leaves its errors in the report.
class Reader {
public:
    explicit Reader(Input const& input)
        : input_(input)
        , text_(yaml::normalise_text(input.text))
        , source_(MappedText::identity(text_))
        , lines_(text_)
        , mask_(source_)
        , report_(lines_, input.file) {}

    Reading run() {
        Reading out;
        auto stack = read_stack(out);
        std::ranges::move(report_.take_errors(), std::back_inserter(out.errors));
        std::ranges::move(report_.take_warnings(), std::back_inserter(out.warnings));
        if (out.errors.empty()) out.stack = std::move(stack);
        return out;
    }

private:
    std::optional<model::StackSpec> read_stack(Reading& out) {
        if (auto const text = yaml::check_text(input_.text, input_.file); !text) {
            out.errors = text.error().issues;
            return std::nullopt;
        }
        liquid::Template const templates(source_, lines_, report_);
        auto const plain = liquid::is_plain(text_);
        auto const raw = load_raw(mask_.text(), plain);
        if (!raw) return std::nullopt;
        if (!raw->is_map()) {
            report_.error(
                "", {1, 1}, raw->is_null() ? "the file is empty" : "the file must be a map of keys"
            );
            return std::nullopt;
        }
        auto const variables = read_variables(*raw);
        Names const names{
            .lookup = [&](std::string_view name) { return variables.find(name); },
            .declared = variables.names(),
            .broken = variables.broken(),
        };
        auto const rendered = templates.render(context(names), report_);
        if (auto const size = rendered.text.text().size(); size > yaml::kMaxBytes) {
            report_.error(
                "",
                {1, 1},
                fmt::format(
                    "after rendering, the file has {} bytes; at most {} are allowed",
                    size,
                    yaml::kMaxBytes
                )
            );
            return std::nullopt;
        }
        auto const interpolated = interpolate(rendered.text, lines_, names, report_);
        // What the document says is not known when a tag failed.
        if (!rendered.whole) return std::nullopt;
        auto const document =
            plain && interpolated.text() == text_ ? raw : load(interpolated, !plain);
        if (!document) return std::nullopt;
        validate_document(*document, report_);
        return build(*raw, *document, variables);
    }

    /// Text -> tree with positions of the original; an error is reported.
    std::optional<YamlNode> load(MappedText const& text, bool warn) {
        LineIndex const rendered(text.text());
        auto const place = [&](core::Issue const& issue) {
            return lines_.place(text.origin(rendered.offset({issue.line, issue.column})));
        };
        std::vector<core::Issue> found;
        auto tree = yaml::load(text.text(), input_.file, warn ? &found : nullptr);
        if (!tree) {
            auto const& issue = tree.error().issues.front();
            auto reason = "not valid YAML: " + issue.reason;
            auto const line = mask_.lift(rendered.line(issue.line));
            if (line != lines_.line(place(issue).line))
                reason += fmt::format(" (with variables replaced, the line is: {})", line);
            report_.error("", place(issue), std::move(reason));
            return std::nullopt;
        }
        for (auto const& issue : found) {
            auto const at = issue.line == 0 ? Place{} : place(issue);
            report_.warn(issue.path, at, issue.reason);
        }
        relocate(*tree, text, lines_);
        return std::move(*tree);
    }

    /// The same for a text in which templates are masked.
    std::optional<YamlNode> load_raw(MappedText const& text, bool warn) {
        auto tree = load(text, warn);
        if (tree) mask_.lift(*tree);
        return tree;
    }

    static liquid::Context context(Names const& names) {
        liquid::Context out{.broken = names.broken};
        for (auto const name : names.declared)
            if (auto value = names.lookup(name)) out.values.emplace(name, std::move(*value));
        return out;
    }

    Variables read_variables(YamlNode const& raw) {
        std::map<std::string, Value, std::less<>> builtins;
        auto const builtin = [&](std::string name, std::string value) {
            auto const given = input_.values.find(name);
            builtins.emplace(
                std::move(name),
                given == input_.values.end() ? Value(std::move(value)) : given->second
            );
        };
        auto const platform = input_.env ? input_.env("PLATFORM") : std::nullopt;
        builtin("STACK", stack_name(raw));
        builtin("GRID", input_.grid);
        builtin("PLATFORM", platform ? *platform : input_.grid);
        auto const* section = raw.find("variables");
        std::optional<YamlNode> definitions;
        if (section != nullptr && has_references(raw)) {
            auto const rendered = interpolate_definitions(
                mask_.text(),
                [&](std::string_view name) -> std::optional<Value> {
                    auto const found = builtins.find(name);
                    if (found == builtins.end()) return std::nullopt;
                    return found->second;
                }
            );
            definitions = load_raw(rendered, false);
            section = definitions ? definitions->find("variables") : nullptr;
        }
        auto const read = read_definitions(section, report_);
        return Variables::resolve(read, input_, std::move(builtins), report_);
    }

    /// True when a dollar sign stands between `variables:` and the next top-level key.
    bool has_references(YamlNode const& raw) const {
        auto const start = raw.find_entry("variables")->key.line;
        auto end = lines_.lines() + 1;
        for (auto const& entry : raw.entries)
            if (entry.key.line > start) end = std::min(end, entry.key.line);
        auto const from = lines_.offset({start, 1});
        auto const to = lines_.offset({end, 1});
        return std::string_view(text_).substr(from, to - from).find('$') !=
                   std::string_view::npos ||
               start == end;
    }

    std::string stack_name(YamlNode const& raw) const {
        if (!input_.stack_name.empty()) return input_.stack_name;
        auto const* stack = raw.find("stack");
        return stack == nullptr ? std::string() : parse_stack_reference(stack->text).stack;
    }

    model::StackSpec
    build(YamlNode const& raw, YamlNode const& document, Variables const& variables) {
        auto out = normalise_stack(document, input_.file);
        // Name and version are taken as they are written, without interpolation.
        auto const as_written = normalise_header(raw, input_.file);
        out.stack = as_written.stack;
        out.version = as_written.version;
        out.name = stack_name(raw);
        out.variables = variables.texts();
        out.source = input_.text;
        for (auto& issue : model::validate(out)) {
            auto const location = locate(document, out, issue.path);
            if (!report_.concerns(location.path))
                report_.error(location.path, location.place, std::move(issue.reason));
        }
        return out;
    }

    Input const& input_;
    std::string text_;
    MappedText source_;
    LineIndex lines_;
    liquid::Mask mask_;
    Report report_;
};

} // namespace

Reading read(Input const& input) { return Reader(input).run(); }

} // namespace kontena::stackfile
