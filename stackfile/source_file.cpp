#include "stackfile/source_file.hpp"

#include "core/yaml/load.hpp"
#include "stackfile/liquid/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kontena::stackfile {

using yaml::YamlNode;

namespace {

/// Why a text is not looked at.
std::vector<core::Issue> problems_of(Document const& document) {
    if (auto const good = yaml::check_text(document.text, document.file); !good)
        return good.error().issues;
    auto const surplus = liquid::find_surplus(document.text);
    if (surplus == std::string::npos) return {};
    auto const place = LineIndex(document.text).place(surplus);
    return {
        {.reason = fmt::format(
             "more than {} tags and outputs of templates in one file", liquid::kMaxTemplates
         ),
         .file = document.file,
         .line = place.line,
         .column = place.column}
    };
}

} // namespace

SourceFile::SourceFile(Document origin)
    : origin_(std::move(origin))
    , unreadable_(problems_of(origin_))
    , text_(unreadable_.empty() ? yaml::normalise_text(origin_.text) : std::string())
    , source_(MappedText::identity(text_))
    , lines_(text_)
    , plain_(liquid::is_plain(text_))
    , mask_(source_)
    , report_(lines_, origin_.file) {}

void SourceFile::read_templates() { templates_.emplace(source_, lines_, report_); }

YamlNode const* SourceFile::parse() {
    for (auto const& issue : unreadable_) report_.error_elsewhere(issue);
    if (!unreadable_.empty()) return nullptr;
    raw_ = load(mask_.text(), raw_notices_);
    if (!raw_) return nullptr;
    if (!plain_) mask_.lift(*raw_);
    if (!raw_->is_map()) {
        report_.error(
            "", {1, 1}, raw_->is_null() ? "the file is empty" : "the file must be a map of keys"
        );
        raw_.reset();
        return nullptr;
    }
    auto const* section = raw_->find_entry("variables");
    if (section != nullptr && section->value.entries.size() > kMaxVariables) {
        report_.error(
            "variables",
            place_of(section->key),
            fmt::format("more than {} variables in one file", kMaxVariables)
        );
        raw_.reset();
        return nullptr;
    }
    return &*raw_;
}

void SourceFile::resolve_variables(Sources const& sources) {
    auto const rendered = definitions(sources.builtins);
    auto const* section = rendered ? &*rendered : raw_->find("variables");
    variables_ = Variables::resolve(read_definitions(section, report_), sources, report_);
}

YamlNode const* SourceFile::render() {
    auto const broken = variables_->broken();
    auto const hidden = variables_->hidden();
    auto const rendered = templates_->render(
        {.values = variables_->context(), .broken = broken, .hidden = hidden}, report_
    );
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
        return nullptr;
    }
    Names const names{
        .lookup = [&](std::string_view name) { return variables_->find(name); },
        .declared = variables_->names(),
        .broken = broken,
        .hidden = hidden,
    };
    auto const interpolated = interpolate(rendered.text, lines_, names, report_);
    // What the document says is not known when a tag failed.
    if (!rendered.whole) return nullptr;
    if (plain_ && interpolated.text() == text_) {
        document_ = std::move(raw_);
        raw_.reset();
        tell(raw_notices_);
        return document();
    }
    // What came in with values was not checked before.
    if (auto const good = yaml::check_text(interpolated.text(), origin_.file); !good) {
        refuse(interpolated, good.error().issues.front());
        return nullptr;
    }
    // What is odd before templates, such as both branches of an `if`, is not told.
    std::vector<yaml::Notice> notices;
    document_ = load(interpolated, notices);
    tell(notices);
    return document();
}

/// Text -> tree with positions of the original; an error is reported.
std::optional<YamlNode>
SourceFile::load(MappedText const& text, std::vector<yaml::Notice>& notices) {
    auto tree = yaml::load_checked(text.text(), origin_.file, &notices);
    if (!tree) {
        refuse(text, tree.error().issues.front());
        return std::nullopt;
    }
    if (text.text() == text_) return std::move(*tree);
    LineIndex const rendered(text.text());
    auto const original = [&](int line, int column) {
        return lines_.place(text.origin(rendered.offset({line, column})));
    };
    for (auto& notice : notices) {
        auto const place = original(notice.line, notice.column);
        notice.line = place.line;
        notice.column = place.column;
        notice.earlier_line = original(notice.earlier_line, 1).line;
    }
    relocate(*tree, text, lines_);
    return std::move(*tree);
}

/// An error of YAML in the text, at its place in the original.
void SourceFile::refuse(MappedText const& text, core::Issue const& issue) {
    LineIndex const rendered(text.text());
    auto const place = lines_.place(text.origin(rendered.offset({issue.line, issue.column})));
    auto reason = "not valid YAML: " + issue.reason;
    auto const line = mask_.lift(rendered.line(issue.line));
    if (line != lines_.line(place.line) && !shows_hidden(text, rendered, issue.line))
        reason += fmt::format(" (with templates replaced, the line is: {})", line);
    auto const names_anchor = issue.reason.find("'&") != std::string::npos;
    if (names_anchor)
        report_.error("", place, std::move(reason));
    else
        report_.syntax_error(place, std::move(reason));
}

/// A line of the rendered text may stand for several of the original.
bool SourceFile::shows_hidden(MappedText const& text, LineIndex const& rendered, int line) const {
    if (!report_.hides()) return false;
    auto const end = rendered.offset({line + 1, 1});
    for (auto at = rendered.offset({line, 1}); at < end; ++at)
        if (report_.hidden(lines_.place(text.origin(at)).line)) return true;
    return false;
}

void SourceFile::tell(std::vector<yaml::Notice> const& notices) {
    for (auto const& notice : notices) {
        auto const place = notice.key.empty() ? Place{} : Place{notice.line, notice.column};
        report_.warn("", place, to_string(notice));
    }
}

/// The section `variables`, in which references know the built-in names only; nullopt when it has
/// no references, and when it cannot be read with them replaced, which is an error.
std::optional<YamlNode> SourceFile::definitions(NamedValues const& builtins) {
    if (raw_->find("variables") == nullptr) return std::nullopt;
    auto const section = definitions_section();
    auto const text = std::string_view(text_).substr(section.from, section.to - section.from);
    if (text.find('$') == std::string_view::npos) return std::nullopt;
    auto const lookup = [&](std::string_view name) -> std::optional<Value> {
        auto const is_name = [&](auto const& builtin) { return builtin.first == name; };
        auto const found = std::ranges::find_if(builtins, is_name);
        if (found == builtins.end()) return std::nullopt;
        return found->second;
    };
    auto const rendered = interpolate_definitions(
        mask_.text(),
        section,
        lookup,
        [&](std::size_t offset, std::string_view name) { warn_of_emptied(offset, name); }
    );
    std::vector<yaml::Notice> ignored;
    auto document = load(rendered, ignored);
    if (!document) return std::nullopt;
    mask_.lift(*document);
    auto const* found = document->find("variables");
    return found == nullptr ? YamlNode{} : *found;
}

/// From `variables:` to the next top-level key.
Section SourceFile::definitions_section() const {
    auto const offset = [&](YamlNode const& key) { return lines_.offset(place_of(key)); };
    Section out{.from = offset(raw_->find_entry("variables")->key), .to = text_.size()};
    for (auto const& entry : raw_->entries)
        if (auto const next = offset(entry.key); next > out.from) out.to = std::min(out.to, next);
    return out;
}

/// Templates of their own keep their references only at the start of a line.
void SourceFile::warn_of_emptied(std::size_t offset, std::string_view name) {
    auto const place = lines_.place(offset);
    auto const before =
        lines_.line(place.line).substr(0, static_cast<std::size_t>(place.column - 1));
    for (std::string_view const key : {"interpolate:", "evaluate:"})
        if (before.find(key) != std::string_view::npos)
            report_.warn(
                "variables",
                place,
                fmt::format(
                    "'{}' has no value yet and becomes empty here: write {} at the start of a line "
                    "of its own",
                    name,
                    key
                )
            );
}

} // namespace kontena::stackfile
