#pragma once

#include "core/base/result.hpp"
#include "stackfile/validate/checker.hpp"
#include "stackfile/variables/value.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::stackfile {

class Variables;

/// What a condition compares with: the value, and how it was written (`5.10` is the real 5.1).
struct Operand {
    Value value;
    std::string written;
};

enum class Operator { eq, ne, lt, lte, gt, gte, start_with, end_with, contain, any_of };

/// `{OPERATOR: OPERAND}`
struct Comparison {
    Operator op = Operator::eq;
    Operand operand;
};

/// What is asked of one variable: all comparisons hold; without any, that it is truthy.
struct Term {
    std::string variable;
    Place place;
    std::vector<Comparison> comparisons;
};

/// `a`, `[a, b]`, `{a: 1, b: {gt: 3}}`
using Condition = std::vector<Term>;

/// What a condition may know of a variable.
struct Fact {
    Value value;
    bool truthy = false;
};

/// Where conditions get their facts from. An error of class Errc::not_found says that there is no
/// such variable; any other one was reported when the variable was resolved.
using Facts = std::function<core::Result<Fact>(std::string_view name)>;

/// Whether a comparison holds; an error when the two cannot be compared.
core::Result<bool> holds(Comparison const& comparison, Value const& value);

/// Reads one of the three forms; what is wrong with it is reported and left out.
Condition read_condition(Checker& in, yaml::YamlNode const& node);

/// Nullopt means that it cannot be known, because of errors that are then reported.
std::optional<bool> all_hold(Condition const& condition, Facts const& facts, Checker& in);
std::optional<bool> any_holds(Condition const& condition, Facts const& facts, Checker& in);

/// `only_if` and `skip_if` of a variable or a service.
struct Conditions {
    std::optional<Condition> only_if;
    std::optional<Condition> skip_if;
};

Conditions read_conditions(Checker& in, yaml::YamlNode const& map);

/// Whether the thing is left out: `skip_if` holds in any part, or `only_if` not in all.
std::optional<bool> skipped(Conditions const& conditions, Facts const& facts, Checker& in);

/// Reads `only_if` and `skip_if` of a service, reports what is wrong with them, and says whether
/// it is left out. False when that cannot be known, so that its other problems are found.
bool skipped(Checker& in, yaml::YamlNode const& map, Variables const& variables);

} // namespace kontena::stackfile
