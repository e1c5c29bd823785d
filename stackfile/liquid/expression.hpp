#pragma once

#include "stackfile/liquid/data.hpp"
#include "stackfile/liquid/filters.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What stands inside tags and outputs, as a tree. Offsets are those of the template.
namespace kontena::stackfile::liquid {

struct Expression;

struct Literal {
    Data value;
};

/// The words `empty` and `blank`, which equal every value that is so.
enum class Emptiness { empty, blank };

/// `.name`, or `[index]`.
struct Segment {
    std::string name;
    std::unique_ptr<Expression> index;
    std::size_t offset = 0;
};

struct Path {
    std::string root;
    std::vector<Segment> segments;
};

/// `(first..last)`
struct Interval {
    std::unique_ptr<Expression> first;
    std::unique_ptr<Expression> last;
};

struct Expression {
    std::size_t offset = 0;
    std::variant<Literal, Emptiness, Path, Interval> form;
};

struct FilterCall {
    Filter const* filter = nullptr;
    std::vector<Expression> arguments;
    std::size_t offset = 0;
};

/// `value | filter: argument | …`
struct Pipeline {
    Expression value;
    std::vector<FilterCall> filters;
};

enum class Operator { truth, equal, unequal, less, greater, at_most, at_least, contains };

/// `left OPERATOR right`; without `right` for `truth`.
struct Comparison {
    Expression left;
    Operator op = Operator::truth;
    std::optional<Expression> right;
    std::size_t offset = 0; ///< of the operator
};

enum class Joint { both, either };

/// `a and b or c` means `a and (b or c)`. `joints[i]` stands behind `terms[i]`.
struct Condition {
    std::vector<Comparison> terms;
    std::vector<Joint> joints;
};

} // namespace kontena::stackfile::liquid
