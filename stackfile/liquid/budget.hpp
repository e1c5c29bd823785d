#pragma once

#include "stackfile/liquid/limits.hpp"

#include <fmt/format.h>

#include <string>

namespace kontena::stackfile::liquid {

/// Counts what a run costs. Each function is false once the run costs too much, and stays so.
class Budget {
public:
    /// `bytes` is how much data the step reads or makes.
    bool step(std::size_t bytes = 0) {
        return take(work_, 1 + bytes / kBytesPerStep, kMaxWork, "steps are needed; simplify loops");
    }

    bool iteration() {
        return take(iterations_, 1, kMaxIterations, "iterations of loops are needed");
    }

    bool output(std::size_t bytes) {
        return take(output_, bytes, kMaxOutput, "bytes of text come out of the templates");
    }

    bool exhausted() const { return !reason_.empty(); }

    /// Which limit was met.
    std::string const& reason() const { return reason_; }

private:
    bool take(std::size_t& used, std::size_t more, std::size_t limit, std::string_view what) {
        if (exhausted()) return false;
        used += more;
        if (used > limit) reason_ = fmt::format("more than {} {}", limit, what);
        return !exhausted();
    }

    std::size_t work_ = 0;
    std::size_t iterations_ = 0;
    std::size_t output_ = 0;
    std::string reason_;
};

} // namespace kontena::stackfile::liquid
