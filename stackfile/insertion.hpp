#pragma once

#include "stackfile/variables/value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kontena::stackfile {

/// Where in its line a reference stands, as far as quoting depends on it.
enum class Position { whole_scalar, in_double_quotes, in_single_quotes, elsewhere };

/// Follows YAML along one line, from reference to reference. Quotes and flow collections that an
/// earlier line opened are not known.
class LineScan {
public:
    explicit LineScan(std::string_view line)
        : line_(line) {}

    /// Of a reference that covers the line from `start` to `end`. Calls go forward.
    Position position(std::size_t start, std::size_t end);

private:
    void follow(std::size_t end);
    std::size_t quoted(char c, char next);
    void plain(char c, char last, char next);

    std::string_view line_;
    std::size_t at_ = 0;
    char quote_ = '\0';    ///< that is open
    int depth_ = 0;        ///< of flow collections that the line opens
    bool start_ = true;    ///< the next character begins a scalar
    bool content_ = false; ///< there was something else than blanks
    bool comment_ = false;
};

/// Follows a document line by line, to know which lines are the text of a block scalar (`|`, `>`).
class BlockScalars {
public:
    /// True when this line, the next one of the document, is inside one.
    bool inside(std::string_view line);

private:
    std::optional<std::size_t> opener_; ///< column that the text is indented from
};

/// The text to put in for a value, so that YAML reads that value: quoted or escaped as its place
/// needs it. Lists are flow sequences, which are values only where they stand alone.
std::string insertion(Value const& value, Position position);

} // namespace kontena::stackfile
