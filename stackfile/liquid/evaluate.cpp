#include "stackfile/liquid/evaluate.hpp"

#include "core/base/strings.hpp"
#include "stackfile/liquid/number.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace kontena::stackfile::liquid {
namespace {

Problem undefined(std::string_view name, std::size_t offset, std::string_view hint) {
    return {offset, fmt::format("undefined variable {}{}", name, hint)};
}

/// `.size`, `.first` and `.last`; nullopt when that kind of value has no such property.
std::optional<Data> property(Data const& data, std::string_view name) {
    auto const* text = text_of(data);
    if (text != nullptr && name == "size")
        return static_cast<std::int64_t>(core::count_code_points(*text));
    if (auto const* list = list_of(data)) {
        if (name == "size") return static_cast<std::int64_t>(list->size());
        if (name == "first") return list->empty() ? Data{} : list->front();
        if (name == "last") return list->empty() ? Data{} : list->back();
    }
    if (auto const* range = std::get_if<Range>(&data)) {
        if (name == "size") return static_cast<std::int64_t>(range->size());
        if (name == "first") return range->first;
        if (name == "last") return range->last;
    }
    return std::nullopt;
}

/// Counted from the end when negative; null outside of the list.
Data item(std::vector<Data> const& list, std::int64_t index) {
    auto const size = static_cast<std::int64_t>(list.size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) return {};
    return list[static_cast<std::size_t>(index)];
}

using LoopProperty = Data (*)(Loop const& loop);

constexpr std::array<std::pair<std::string_view, LoopProperty>, 7> kLoopProperties{{
    {"index", [](Loop const& loop) -> Data { return loop.index + 1; }},
    {"index0", [](Loop const& loop) -> Data { return loop.index; }},
    {"rindex", [](Loop const& loop) -> Data { return loop.length - loop.index; }},
    {"rindex0", [](Loop const& loop) -> Data { return loop.length - loop.index - 1; }},
    {"first", [](Loop const& loop) -> Data { return loop.index == 0; }},
    {"last", [](Loop const& loop) -> Data { return loop.index + 1 == loop.length; }},
    {"length", [](Loop const& loop) -> Data { return loop.length; }},
}};

std::string loop_suggestion(std::string_view name) {
    std::vector<std::string_view> names{"parentloop"};
    for (auto const& [known, get] : kLoopProperties) names.push_back(known);
    return core::suggestion(name, names);
}

bool ordered(Operator op, std::partial_ordering order) {
    switch (op) {
    case Operator::less:
        return order < 0;
    case Operator::greater:
        return order > 0;
    case Operator::at_most:
        return order <= 0;
    default:
        return order >= 0;
    }
}

/// Numbers and texts have an order; with anything else, comparisons are false.
bool has_order(Data const& data) {
    return std::holds_alternative<std::int64_t>(data) || std::holds_alternative<double>(data) ||
           text_of(data) != nullptr;
}

} // namespace

Problem Evaluator::exhausted(std::size_t offset) const {
    return {.offset = offset, .reason = budget_.reason(), .fatal = true};
}

Outcome<Data> Evaluator::value(Expression const& expression) {
    if (!budget_.step()) return exhausted(expression.offset);
    if (auto const* literal = std::get_if<Literal>(&expression.form)) return literal->value;
    if (auto const* path_form = std::get_if<Path>(&expression.form))
        return path(*path_form, expression.offset);
    if (auto const* bounds = std::get_if<Interval>(&expression.form)) return interval(*bounds);
    return make_text({});
}

Outcome<Data> Evaluator::interval(Interval const& interval) {
    KTRY(auto const first, integer(*interval.first));
    KTRY(auto const last, integer(*interval.last));
    return Range{first, last};
}

Outcome<Data> Evaluator::path(Path const& path, std::size_t offset) {
    if (path.root == "forloop" && !scope_.loops.empty()) return loop_property(path, offset);
    if (!budget_.step(path.root.size())) return exhausted(offset);
    auto found = scope_.find(path.root);
    if (!found) return undefined(path.root, offset, hint(path.root, offset));
    doubt_ = doubt_ || scope_.broken(path.root);
    hidden_ = hidden_ || scope_.hidden(path.root);
    for (auto const& segment : path.segments) {
        if (!budget_.step()) return exhausted(segment.offset);
        KTRY(found, step(*found, segment));
    }
    return std::move(*found);
}

/// Only for the first time that something is missing there: nobody reads it twice.
std::string Evaluator::hint(std::string_view name, std::size_t offset) {
    if (!missed_.insert(offset).second) return {};
    auto similar = core::suggestion(name, scope_.names());
    return similar.empty() ? ": declare it under variables:, or assign it first" : similar;
}

/// What is asked of null is null, so that optional variables need no guard.
Outcome<Data> Evaluator::step(Data const& from, Segment const& segment) {
    if (segment.index == nullptr) {
        if (is_null(from)) return Data{};
        if (segment.name == "size" && !budget_.step(weight(from))) return exhausted(segment.offset);
        if (auto found = property(from, segment.name)) return std::move(*found);
        return undefined(
            segment.name,
            segment.offset,
            fmt::format(": {} has no property of that name", describe(from))
        );
    }
    KTRY(auto const index, value(*segment.index));
    if (is_null(from)) return Data{};
    auto const* number = std::get_if<std::int64_t>(&index);
    auto const* list = list_of(from);
    if (list != nullptr && number != nullptr) return item(*list, *number);
    auto const why = list == nullptr ? fmt::format("{} has no items", describe(from))
                                     : fmt::format("items have numbers, not {}", describe(index));
    return undefined(to_text(index).substr(0, 80), segment.offset, ": " + why);
}

Outcome<Data> Evaluator::loop_property(Path const& path, std::size_t offset) const {
    auto depth = scope_.loops.size() - 1;
    auto segment = path.segments.begin();
    for (; segment != path.segments.end() && segment->name == "parentloop"; ++segment) {
        if (depth == 0) return Data{};
        --depth;
    }
    if (segment == path.segments.end())
        return Problem{offset, "forloop is no value of its own: name one, such as forloop.index"};
    for (auto const& [name, get] : kLoopProperties)
        if (name == segment->name && segment + 1 == path.segments.end())
            return get(scope_.loops[depth]);
    return undefined("forloop." + segment->name, segment->offset, loop_suggestion(segment->name));
}

Outcome<std::int64_t> Evaluator::integer(Expression const& expression) {
    KTRY(auto const data, value(expression));
    if (auto const* number = std::get_if<std::int64_t>(&data)) return *number;
    if (is_null(data)) return std::int64_t{0};
    if (auto const* text = text_of(data)) {
        if (!budget_.step(text->size())) return exhausted(expression.offset);
        if (auto const number = leading_integer(*text)) return *number;
    }
    return Problem{
        expression.offset,
        fmt::format("an integer is needed here, not {}", describe(data)),
    };
}

Outcome<Data> Evaluator::value(Pipeline const& pipeline) {
    KTRY(auto data, value(pipeline.value));
    for (auto const& call : pipeline.filters) {
        std::vector<Data> arguments;
        auto bytes = weight(data);
        for (auto const& argument : call.arguments) {
            KTRY(auto given, value(argument));
            bytes += weight(given);
            arguments.push_back(std::move(given));
        }
        if (!budget_.step(bytes)) return exhausted(call.offset);
        auto result = call.filter->apply(data, arguments);
        if (!result)
            return Problem{
                call.offset, fmt::format("{}: {}", call.filter->name, result.error().message)
            };
        data = std::move(*result);
        if (weight(data) > kMaxValue)
            return Problem{
                call.offset,
                fmt::format("{}: the result has more than {} bytes", call.filter->name, kMaxValue)
            };
        if (!budget_.step(weight(data))) return exhausted(call.offset);
    }
    return data;
}

Outcome<bool> Evaluator::holds(Condition const& condition) {
    for (std::size_t i = 0;; ++i) {
        KTRY(auto const term, holds(condition.terms[i]));
        if (i == condition.joints.size()) return term;
        if (term == (condition.joints[i] == Joint::either)) return term;
    }
}

Outcome<bool> Evaluator::holds(Comparison const& comparison) {
    if (comparison.op == Operator::truth) {
        if (std::holds_alternative<Emptiness>(comparison.left.form)) return true;
        KTRY(auto const data, value(comparison.left));
        return truthy(data);
    }
    if (comparison.op == Operator::equal || comparison.op == Operator::unequal) {
        KTRY(auto const result, same(comparison.left, *comparison.right));
        return result == (comparison.op == Operator::equal);
    }
    KTRY(auto const left, value(comparison.left));
    KTRY(auto const right, value(*comparison.right));
    if (!budget_.step(weight(left) + weight(right))) return exhausted(comparison.offset);
    if (comparison.op == Operator::contains) return contains(left, right);
    if (!has_order(left) || !has_order(right)) return false;
    if ((text_of(left) == nullptr) != (text_of(right) == nullptr))
        return Problem{
            comparison.offset,
            fmt::format(
                "comparison of {} with {} failed; '| plus: 0' makes a number of a text",
                describe(left),
                describe(right)
            )
        };
    return ordered(comparison.op, compare(left, right));
}

Outcome<bool> Evaluator::same(Expression const& left, Expression const& right) {
    if (std::holds_alternative<Emptiness>(left.form)) {
        if (std::holds_alternative<Emptiness>(right.form))
            return std::get<Emptiness>(left.form) == std::get<Emptiness>(right.form);
        return same(right, left);
    }
    KTRY(auto const data, value(left));
    return equals(data, right);
}

Outcome<bool> Evaluator::equals(Data const& data, Expression const& expression) {
    if (auto const* word = std::get_if<Emptiness>(&expression.form)) {
        if (!budget_.step(weight(data))) return exhausted(expression.offset);
        return *word == Emptiness::empty ? is_empty(data) : is_blank(data);
    }
    KTRY(auto const other, value(expression));
    if (!budget_.step(weight(data) + weight(other))) return exhausted(expression.offset);
    return equal(data, other);
}

} // namespace kontena::stackfile::liquid
