#pragma once

#include <boost/describe.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace kontena::core {

/// Why an operation failed, in the few classes that callers act on.
enum class Errc {
    invalid,         ///< the input is wrong; see `issues`
    not_found,       ///< what was named does not exist
    conflict,        ///< it exists already, or changed since it was read
    denied,          ///< known caller, not allowed
    unauthenticated, ///< unknown caller
    unavailable,     ///< the other side cannot be reached or is not ready: retry
    timeout,         ///< no answer within the deadline: retry
    unsupported,     ///< understood, but not in this version
    corrupt,         ///< stored or received data is damaged
    internal,        ///< a bug or an exhausted machine
};
BOOST_DESCRIBE_ENUM(
    Errc,
    invalid,
    not_found,
    conflict,
    denied,
    unauthenticated,
    unavailable,
    timeout,
    unsupported,
    corrupt,
    internal
)

/// One problem in an input. `path` is a dotted or JSON-pointer path into it; `file`, `line` and
/// `column` (1-based, 0 = unknown) say where it stands in a text.
struct Issue {
    std::string path;
    std::string reason;
    std::string file;
    int line = 0;
    int column = 0;

    friend bool operator==(Issue const&, Issue const&) = default;
};
BOOST_DESCRIBE_STRUCT(Issue, (), (path, reason, file, line, column))

/// `file:line:column: path: reason`, without the parts that are unknown.
std::string to_string(Issue const& issue);

/// A failure as a value. `message` says what failed and why; `context` holds what callers were
/// doing, innermost first.
struct Error {
    Errc code = Errc::internal;
    std::string message;
    std::vector<Issue> issues;
    std::vector<std::string> context;

    Error() = default;

    Error(Errc errc, std::string text, std::vector<Issue> found = {})
        : code(errc)
        , message(std::move(text))
        , issues(std::move(found)) {}

    /// Adds what the caller was doing: "pulling nginx:1.25 for shop.web".
    Error with_context(std::string doing) && {
        context.push_back(std::move(doing));
        return std::move(*this);
    }

    /// A retry may succeed without any change by the user.
    bool transient() const { return code == Errc::unavailable || code == Errc::timeout; }
};

/// One line for people: outermost context first, then the message, then the first issue.
std::string to_string(Error const& error);

} // namespace kontena::core
