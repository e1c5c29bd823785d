#pragma once

#include "stackfile/liquid/liquid.hpp"

#include <string>

namespace kontena::test {

/// What comes out of a template, with its errors as `LINE:COLUMN reason`, one a line.
struct Engine {
    explicit Engine(
        std::string const& text, stackfile::liquid::Context const& context = variables()
    );

    /// name=web n=3 f=1.5 yes no nothing five="5" list=[a,b,c] nums=[3,1,2] none=[] a-b=dash, and
    /// `broken`, which has an error.
    static stackfile::liquid::Context variables();

    std::string text;
    std::string errors;
    bool whole = true;
};

} // namespace kontena::test
