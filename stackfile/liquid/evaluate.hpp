#pragma once

#include "stackfile/liquid/budget.hpp"
#include "stackfile/liquid/expression.hpp"
#include "stackfile/liquid/problem.hpp"
#include "stackfile/liquid/scope.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace kontena::stackfile::liquid {

/// Computes expressions. Refers to what it is made of.
class Evaluator {
public:
    Evaluator(Scope const& scope, Budget& budget)
        : scope_(scope)
        , budget_(budget) {}

    Outcome<Data> value(Expression const& expression);
    Outcome<Data> value(Pipeline const& pipeline);
    Outcome<bool> holds(Condition const& condition);
    Outcome<bool> equals(Data const& value, Expression const& expression);
    /// As bounds of ranges and loops are read: null is 0, and texts give their leading integer.
    Outcome<std::int64_t> integer(Expression const& expression);

    /// True when a variable that has no value because of an earlier error was read since the last
    /// call; a problem may then be a consequence of that error.
    bool take_doubt() { return std::exchange(doubt_, false); }

    /// True when a hidden variable was read since the last call: what came of it is not to be
    /// shown.
    bool take_hidden() { return std::exchange(hidden_, false); }

    /// A limit was met while computing what stands at `offset`.
    Problem exhausted(std::size_t offset) const;

private:
    Outcome<Data> path(Path const& path, std::size_t offset);
    std::string hint(std::string_view name, std::size_t offset);
    Outcome<Data> interval(Interval const& interval);
    Outcome<Data> step(Data const& from, Segment const& segment);
    Outcome<Data> loop_property(Path const& path, std::size_t offset) const;
    Outcome<bool> holds(Comparison const& comparison);
    Outcome<bool> same(Expression const& left, Expression const& right);

    Scope const& scope_;
    Budget& budget_;
    std::set<std::size_t> missed_; ///< where variables were undefined
    bool doubt_ = false;
    bool hidden_ = false;
};

} // namespace kontena::stackfile::liquid
