#pragma once

#include "core/base/error.hpp"

#include <string>
#include <vector>

namespace kontena::stackfile {

/// Takes secret texts out of issues, whichever rule put them there: whole, line by line, and as
/// they are written inside quotes. Very short texts go only where they stand as a word.
class Redactor {
public:
    explicit Redactor(std::vector<std::string> const& secrets);

    std::string redact(std::string text) const;
    void redact(std::vector<core::Issue>& issues) const;

private:
    std::vector<std::string> texts_; ///< longest first
};

} // namespace kontena::stackfile
