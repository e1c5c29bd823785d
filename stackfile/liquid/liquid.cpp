#include "stackfile/liquid/liquid.hpp"

#include "stackfile/liquid/limits.hpp"
#include "stackfile/liquid/parser.hpp"
#include "stackfile/liquid/renderer.hpp"
#include "stackfile/liquid/scan.hpp"

namespace kontena::stackfile::liquid {

struct Template::Content {
    MappedText const& source;
    LineIndex const& original;
    std::vector<Piece> pieces;
    Block root;
    bool sound = true;
    std::set<std::string, std::less<>> suspects; ///< see Parsed
};

Template::Template(MappedText const& source, LineIndex const& original, Report& report)
    : content_(std::make_unique<Content>(Content{source, original, {}, {}, true, {}})) {
    content_->pieces = scan(source.text());
    auto const place = [&](std::size_t offset) { return original.place(source.origin(offset)); };
    auto parsed = parse(source.text(), content_->pieces, [&](std::size_t offset) {
        return place(offset).line;
    });
    content_->root = std::move(parsed.root);
    content_->sound = parsed.problems.empty();
    content_->suspects = std::move(parsed.suspects);
    for (auto& problem : parsed.problems)
        report.template_error("", place(problem.offset), std::move(problem.reason));
}

Template::Template(Template&&) noexcept = default;
Template::~Template() = default;

namespace {

/// Only what is no template, for a template that makes no sense.
MappedText without_tags(MappedText const& source, std::vector<Piece> const& pieces) {
    MappedText out;
    for (auto const& piece : pieces)
        if (piece.kind == Piece::Kind::text) out.copy(source, piece.offset, piece.length);
    return out;
}

} // namespace

Rendering Template::render(Context const& context, Report& report) const {
    auto const& content = *content_;
    if (content.sound) return run(content.root, content.source, content.original, context, report);
    // What is left of the tree may have further errors, but says nothing about the text.
    auto doubtful = context;
    doubtful.broken.insert(content.suspects.begin(), content.suspects.end());
    run(content.root, content.source, content.original, doubtful, report);
    return {.text = without_tags(content.source, content.pieces), .whole = false};
}

Rendering render(
    MappedText const& source, LineIndex const& original, Context const& context, Report& report
) {
    return Template(source, original, report).render(context, report);
}

namespace {

/// Where the next tag or output opens.
std::size_t next_open(std::string_view text, std::size_t from) {
    for (auto at = text.find('{', from); at != std::string_view::npos; at = text.find('{', at + 1))
        if (at + 1 < text.size() && (text[at + 1] == '{' || text[at + 1] == '%')) return at;
    return std::string_view::npos;
}

} // namespace

std::size_t find_surplus(std::string_view text) {
    std::size_t count = 0;
    auto at = next_open(text, 0);
    while (at != std::string_view::npos && ++count <= kMaxTemplates) at = next_open(text, at + 2);
    return at;
}

bool is_plain(std::string_view text) { return next_open(text, 0) == std::string_view::npos; }

} // namespace kontena::stackfile::liquid
