#pragma once

#include "stackfile/report.hpp"
#include "stackfile/text.hpp"
#include "stackfile/variables/value.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

/// Liquid 4, the part that stack files use: tags, filters and strict modes as listed in the
/// format's reference. Pure and bounded: loops, output and nesting have limits.
namespace kontena::stackfile::liquid {

struct Context {
    std::map<std::string, Value, std::less<>> values; ///< null is a value, not a missing one
    /// Without a value because of an error that is reported already; its consequences are not.
    std::set<std::string, std::less<>> broken;
    /// Not to be shown in messages, and neither is anything that is made of them.
    std::set<std::string, std::less<>> hidden = {};
};

struct Rendering {
    MappedText text;
    /// False when a tag could not be understood or computed, so that the text may lack parts or
    /// have too many; it is then only good for finding errors that do not depend on its structure.
    bool whole = true;
};

/// A text that was read. Refers to what it was made from.
class Template {
public:
    /// Problems are reported at their places in the original, all of them.
    Template(MappedText const& source, LineIndex const& original, Report& report);
    Template(Template&&) noexcept;
    Template& operator=(Template&&) = delete;
    ~Template();

    /// Every problem is reported at its place in the original, as many as can be found in one run.
    /// Undefined variables are errors; a variable that is null is defined.
    Rendering render(Context const& context, Report& report) const;

private:
    struct Content;

    std::unique_ptr<Content> content_;
};

/// Both steps in one.
Rendering
render(MappedText const& source, LineIndex const& original, Context const& context, Report& report);

/// Where the text has more tags and outputs than are allowed; npos when it has not.
std::size_t find_surplus(std::string_view text);

/// True when there is nothing to render, so that the text can be used as it is.
bool is_plain(std::string_view text);

} // namespace kontena::stackfile::liquid
