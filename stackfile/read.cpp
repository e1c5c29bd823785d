#include "stackfile/read.hpp"

#include "core/yaml/load.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/interpolate.hpp"
#include "stackfile/normalise/normalise.hpp"
#include "stackfile/redact.hpp"
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
        , report_(lines_, input.file)
        , outside_(input.outside == nullptr ? nothing_ : *input.outside) {}

    Reading run() {
        Reading out;
        auto stack = read_stack(out);
        std::ranges::move(report_.take_errors(), std::back_inserter(out.errors));
        std::ranges::move(report_.take_warnings(), std::back_inserter(out.warnings));
        Redactor const redactor(hidden_);
        redactor.redact(out.errors);
        redactor.redact(out.warnings);
        if (!out.errors.empty()) {
            out.vault_writes.clear();
            return out;
        }
        out.stack = std::move(stack);
        return out;
    }

private:
    std::optional<model::StackSpec> read_stack(Reading& out) {
        if (auto const text = yaml::check_text(input_.text, input_.file); !text) {
            out.errors = text.error().issues;
            return std::nullopt;
        }
        find_liquid();
        auto const raw = load(source_, &out.warnings);
        if (!raw) return std::nullopt;
        if (!raw->is_map()) {
            report_.error(
                "", {1, 1}, raw->is_null() ? "the file is empty" : "the file must be a map of keys"
            );
            return std::nullopt;
        }
        auto const variables = read_variables(*raw);
        out.variables = variables.payload();
        out.vault_writes = variables.vault_writes();
        hidden_ = variables.hidden_texts();
        Names const names{
            .lookup = [&](std::string_view name) { return variables.find(name); },
            .declared = variables.names(),
            .broken = variables.broken(),
        };
        auto const rendered = interpolate(source_, lines_, names, report_);
        auto const document = rendered.text() == text_ ? raw : load(rendered, nullptr);
        if (!document) return std::nullopt;
        validate_document(*document, report_);
        return build(*raw, *document, variables);
    }

    /// Text -> tree with positions of the original; an error is reported.
    std::optional<YamlNode> load(MappedText const& text, std::vector<core::Issue>* warnings) {
        auto tree = yaml::load(text.text(), input_.file, warnings);
        if (!tree) {
            auto const& issue = tree.error().issues.front();
            LineIndex const rendered(text.text());
            auto const offset = rendered.offset({issue.line, issue.column});
            auto reason = "not valid YAML: " + issue.reason;
            auto const line = rendered.line(issue.line);
            auto const place = lines_.place(text.origin(offset));
            if (line != lines_.line(place.line))
                reason += fmt::format(" (with variables replaced, the line is: {})", line);
            report_.error("", place, std::move(reason));
            return std::nullopt;
        }
        relocate(*tree, text, lines_);
        return std::move(*tree);
    }

    /// Liquid is the template language of the format; its tags also work inside comments.
    void find_liquid() {
        for (int number = 1; number <= lines_.lines(); ++number) {
            auto const line = lines_.line(number);
            auto const tag = std::min(line.find("{%"), line.find("{{"));
            if (tag == std::string_view::npos) continue;
            report_.template_error(
                "",
                {number, static_cast<int>(tag) + 1},
                "Liquid templates are part of the stack file format, but not supported by this "
                "version of Kontena"
            );
        }
    }

    Variables read_variables(YamlNode const& raw) {
        auto const builtins = builtin_variables(raw);
        auto const* section = raw.find("variables");
        std::optional<YamlNode> definitions;
        if (section != nullptr && has_references(raw)) {
            auto const lookup = [&](std::string_view name) -> std::optional<Value> {
                auto const is_name = [&](auto const& builtin) { return builtin.first == name; };
                auto const found = std::ranges::find_if(builtins, is_name);
                if (found == builtins.end()) return std::nullopt;
                return found->second;
            };
            definitions = load(interpolate_definitions(source_, lookup), nullptr);
            section = definitions ? definitions->find("variables") : nullptr;
        }
        Sources sources{
            .outside = outside_,
            .values = input_.values,
            .defaults = input_.defaults,
            .builtins = builtins,
            .dependencies = {},
            .parent = {},
            .inherited = {},
        };
        if (!input_.parent_name.empty()) sources.parent = input_.parent_name;
        return Variables::resolve(read_definitions(section, report_), sources, report_);
    }

    NamedValues builtin_variables(YamlNode const& raw) {
        NamedValues out{
            {"STACK", stack_name(raw)},
            {"GRID", input_.grid},
            {"PLATFORM", outside_.env("PLATFORM").value_or(input_.grid)},
        };
        for (auto& [name, value] : out)
            if (auto const given = input_.values.find(name); given != input_.values.end())
                value = given->second;
        return out;
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
    Report report_;
    Outside nothing_;
    Outside& outside_;
    std::vector<std::string> hidden_; ///< texts that no message may have in it
};

} // namespace

Reading read(Input const& input) { return Reader(input).run(); }

} // namespace kontena::stackfile
