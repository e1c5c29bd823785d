#pragma once

#include "core/base/error.hpp"

#include <boost/describe.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::cli::render {

/// An issue for editors and CI, see "Check it" in the README. Lines and columns begin with 1,
/// columns count characters; null when the place is unknown. The end is behind the last character.
struct Problem {
    std::string severity; ///< error or warning
    std::string file;
    std::optional<int> line = {};
    std::optional<int> column = {};
    std::optional<int> end_line = {};
    std::optional<int> end_column = {};
    std::string path = {};                      ///< of the key: services.web.image
    std::string message = {};                   ///< all that is to be said, but for the place
    std::string reason = {};                    ///< without path and suggestion
    std::optional<std::string> suggestion = {}; ///< a name that may have been meant
    std::optional<std::string> text = {};       ///< in the file
    bool not_yet = false; ///< right, but this version of Kontena cannot carry it out

    friend bool operator==(Problem const&, Problem const&) = default;
};
BOOST_DESCRIBE_STRUCT(
    Problem,
    (),
    (severity,
     file,
     line,
     column,
     end_line,
     end_column,
     path,
     message,
     reason,
     suggestion,
     text,
     not_yet)
)

/// `texts` are those of the files, by their names in the issues.
std::vector<Problem> problems(
    std::vector<core::Issue> const& issues,
    std::map<std::string, std::string> const& texts,
    std::string_view severity
);

/// Of a failure without a place; `files` are those that it may be about, by their names.
std::vector<Problem> problems(core::Error const& error, std::vector<std::string> const& files);

} // namespace kontena::cli::render
