#pragma once

#include "core/yaml/load.hpp"
#include "core/yaml/node.hpp"
#include "stackfile/liquid/liquid.hpp"
#include "stackfile/liquid/mask.hpp"
#include "stackfile/outside.hpp"
#include "stackfile/read.hpp"
#include "stackfile/report.hpp"
#include "stackfile/text.hpp"
#include "stackfile/variables/resolve.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kontena::stackfile {

/// What every file of a run can name without declaring it.
struct Builtins {
    std::map<std::string, Value, std::less<>> values; ///< win over the file's own variables
    std::vector<std::pair<std::string, Value>> added; ///< behind them: dependencies, PARENT_STACK
};

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

    /// `extended_by` is the file that extends from this one: its variables stand behind the own.
    void
    resolve_variables(Input const& input, Builtins const& builtins, SourceFile const* extended_by);

    /// The full document: all templates replaced, positions as in the text.
    yaml::YamlNode const* render();

    Document const& origin() const { return origin_; }

    yaml::YamlNode const& raw() const { return raw_ ? *raw_ : *document_; }

    yaml::YamlNode const* document() const { return document_ ? &*document_ : nullptr; }

    yaml::YamlNode take_document() { return std::move(*document_); }

    Variables const& variables() const { return *variables_; }

    std::vector<std::pair<std::string, Value>> const& added() const { return added_; }

    Report& report() { return report_; }

private:
    std::optional<yaml::YamlNode> load(MappedText const& text, std::vector<yaml::Notice>& notices);
    void tell(std::vector<yaml::Notice> const& notices);
    liquid::Context context() const;
    std::optional<yaml::YamlNode> definitions(Builtins const& builtins);
    bool has_references() const;
    std::optional<Value> find(std::string_view name) const;
    std::vector<std::string_view> names() const;

    Document origin_;
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
    std::vector<std::pair<std::string, Value>> added_;
    SourceFile const* extended_by_ = nullptr;
    std::optional<yaml::YamlNode> document_;
};

} // namespace kontena::stackfile
