#pragma once

#include "core/base/result.hpp"
#include "core/yaml/load.hpp"
#include "stackfile/report.hpp"
#include "stackfile/text.hpp"
#include "stackfile/variables/value.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile {

/// The value of a name; nullopt when nothing of that name is declared.
using Lookup = std::function<std::optional<Value>(std::string_view name)>;

/// What references may name.
struct Names {
    Lookup lookup;
    std::vector<std::string_view> declared;    ///< for suggestions
    std::set<std::string, std::less<>> broken; ///< declared, with an error that is reported already
    std::set<std::string, std::less<>> hidden = {}; ///< declared, not to be shown in messages
};

inline constexpr std::size_t kMaxInterpolated = yaml::kMaxBytes; ///< that a text may grow to

/// Replaces `$name` and `${name}` by values, then every `$$` by `$`, also one that came with a
/// value. An undeclared name is an error at its place (in a whole-line comment it stays as it is),
/// a name without a value a warning, and so is a value that loses a dollar sign. Lines that begin
/// with `interpolate:` or `evaluate:` keep their references: they are templates of their own.
MappedText interpolate(
    MappedText const& source, LineIndex const& original, Names const& names, Report& report
);

/// Where the definitions of variables stand, as offsets of the original text.
struct Section {
    std::size_t from = 0;
    std::size_t to = 0;
};

/// Told of a reference that became empty, with its offset in the original text.
using Emptied = std::function<void(std::size_t offset, std::string_view name)>;

/// The same for the definitions of variables, where only the built-in names are known: every
/// other reference in the section becomes empty. Outside of it they stay, as an empty text would
/// break YAML such as `image: web:${tag}`.
MappedText interpolate_definitions(
    MappedText const& source, Section section, Lookup const& builtins, Emptied const& emptied
);

/// The text of a value of its own, without YAML around it: references become what `value` gives,
/// `$$` becomes `$`. The first error ends it.
core::Result<std::string> expand(
    std::string_view text,
    std::function<core::Result<std::string>(std::string_view name)> const& value
);

} // namespace kontena::stackfile
