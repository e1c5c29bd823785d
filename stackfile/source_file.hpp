#pragma once

#include "core/yaml/load.hpp"
#include "core/yaml/node.hpp"
#include "stackfile/interpolate.hpp"
#include "stackfile/liquid/liquid.hpp"
#include "stackfile/liquid/mask.hpp"
#include "stackfile/outside.hpp"
#include "stackfile/report.hpp"
#include "stackfile/text.hpp"
#include "stackfile/variables/resolve.hpp"

#include <optional>
#include <string>
#include <vector>

namespace kontena::stackfile {

/// One stack file on its way from text to tree. The phases are called in their order, each once,
/// and leave their problems in the report; without the result of a phase the next has no sense.
class SourceFile {
public:
    explicit SourceFile(Document origin);

    SourceFile(SourceFile const&) = delete;
    SourceFile& operator=(SourceFile const&) = delete;

    /// Reports what is wrong with the templates themselves.
    void read_templates();

    /// The raw document: before any template, so only for keys that take none.
    yaml::YamlNode const* parse();

    void resolve_variables(Sources const& sources);

    /// The full document: all templates replaced, positions as in the text.
    yaml::YamlNode const* render();

    Document const& origin() const { return origin_; }

    yaml::YamlNode const& raw() const { return raw_ ? *raw_ : *document_; }

    yaml::YamlNode const* document() const { return document_ ? &*document_ : nullptr; }

    yaml::YamlNode take_document() { return std::move(*document_); }

    /// nullptr before they are resolved.
    Variables const* variables() const { return variables_ ? &*variables_ : nullptr; }

    Report& report() { return report_; }

    Report const& report() const { return report_; }

private:
    std::optional<yaml::YamlNode> load(MappedText const& text, std::vector<yaml::Notice>& notices);
    void refuse(MappedText const& text, core::Issue const& issue);
    bool shows_hidden(MappedText const& text, LineIndex const& rendered, int line) const;
    void tell(std::vector<yaml::Notice> const& notices);
    std::optional<yaml::YamlNode> definitions(NamedValues const& builtins);
    Section definitions_section() const;
    void warn_of_emptied(std::size_t offset, std::string_view name);

    Document origin_;
    std::vector<core::Issue> unreadable_; ///< why the text is not looked at; it is then empty
    std::string text_;
    MappedText source_;
    LineIndex lines_;
    bool plain_; ///< there is no Liquid in it
    liquid::Mask mask_;
    Report report_;
    std::optional<liquid::Template> templates_;
    std::optional<yaml::YamlNode> raw_; ///< moves to `document_` when there is nothing to render
    std::vector<yaml::Notice> raw_notices_;
    std::optional<Variables> variables_;
    std::optional<yaml::YamlNode> document_;
};

} // namespace kontena::stackfile
