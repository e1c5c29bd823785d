#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <string>

namespace kontena::stackfile::liquid {

/// What is wrong at an offset of the template.
struct Problem {
    std::size_t offset = 0;
    std::string reason;
    bool fatal = false; ///< a limit was met: rendering cannot go on
};

/// A value, or the problem because of which there is none.
template <class T = void>
class [[nodiscard]] Outcome : public tl::expected<T, Problem> {
public:
    using Base = tl::expected<T, Problem>;
    using Base::Base;

    Outcome(Problem problem) // NOLINT(google-explicit-constructor)
        : Base(tl::unexpect, std::move(problem)) {}
};

} // namespace kontena::stackfile::liquid
