#include "stackfile/variables/condition.hpp"

#include "core/base/strings.hpp"
#include "stackfile/variables/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>

namespace kontena::stackfile {

using core::Result;
using yaml::YamlNode;

namespace {

constexpr std::array<std::pair<std::string_view, Operator>, 10> kOperators{{
    {"eq", Operator::eq},
    {"ne", Operator::ne},
    {"lt", Operator::lt},
    {"lte", Operator::lte},
    {"gt", Operator::gt},
    {"gte", Operator::gte},
    {"start_with", Operator::start_with},
    {"end_with", Operator::end_with},
    {"contain", Operator::contain},
    {"any_of", Operator::any_of},
}};

std::optional<Operator> find_operator(Checker& in, YamlNode const& key) {
    auto const found =
        std::ranges::find(kOperators, key.text, [](auto const& o) { return o.first; });
    if (found != kOperators.end()) return found->second;
    std::vector<std::string_view> names;
    for (auto const& [name, op] : kOperators) names.push_back(name);
    auto hint = core::suggestion(key.text, names);
    if (hint.empty()) hint = fmt::format(": write {}", core::choices(names));
    in.refuse(key, fmt::format("there is no operator '{}'{}", key.text, hint));
    return std::nullopt;
}

Operand operand_of(YamlNode const& node) { return {from_node(node), node.text}; }

std::vector<Comparison> read_comparisons(Checker& in, YamlNode const& node) {
    if (!node.is_map()) return {{Operator::eq, operand_of(node)}};
    std::vector<Comparison> out;
    for (auto const& [key, operand] : node.entries) {
        auto const op = find_operator(in, key);
        if (!op) continue;
        if (operand.is_map()) {
            in.within(key.text, [&] {
                in.refuse(operand, "must be a value or a list, not a map");
            });
        } else {
            out.push_back({*op, operand_of(operand)});
        }
    }
    if (node.entries.empty()) in.refuse(node, "an empty map compares with nothing");
    return out;
}

void add_name(Checker& in, YamlNode const& node, Condition& out) {
    if (node.is_scalar() && !node.text.empty()) {
        out.push_back({.variable = node.text, .place = place_of(node), .comparisons = {}});
        return;
    }
    in.refuse(
        node,
        node.is_map() ? "must be the name of a variable; values are compared in one map, such as "
                        "{a: 1, b: {gt: 2}}"
                      : "must be the name of a variable"
    );
}

Result<bool> equal(Value const& value, Operand const& operand) {
    auto const* text = std::get_if<std::string>(&value);
    auto const as_written = text != nullptr && !is_null(operand.value) && !is_list(operand.value) &&
                            *text == operand.written;
    return as_written || loosely_equal(value, operand.value);
}

bool is_text(Value const& value) { return std::holds_alternative<std::string>(value); }

/// A number, or a text that is one.
std::optional<double> number_in(Value const& value) {
    if (auto const* integer = std::get_if<std::int64_t>(&value))
        return static_cast<double>(*integer);
    if (auto const* real = std::get_if<double>(&value)) return *real;
    if (!is_text(value)) return std::nullopt;
    double out = 0;
    auto const& text = std::get<std::string>(value);
    auto const [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (ec != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return out;
}

/// Texts by their characters, everything else as numbers.
Result<std::partial_ordering> order(Value const& a, Value const& b) {
    if (is_text(a) && is_text(b))
        return std::partial_ordering(std::get<std::string>(a) <=> std::get<std::string>(b));
    if (auto const* x = std::get_if<std::int64_t>(&a))
        if (auto const* y = std::get_if<std::int64_t>(&b)) return std::partial_ordering(*x <=> *y);
    auto const x = number_in(a);
    auto const y = number_in(b);
    if (x && y) return *x <=> *y;
    return core::fail(
        core::Errc::invalid,
        is_null(a) || is_null(b) ? "without a value there is no larger and smaller"
                                 : "a number and something else cannot be compared by size"
    );
}

bool member(Value const& value, List const& list) {
    return std::ranges::any_of(list, [&](Value const& item) { return loosely_equal(item, value); });
}

bool contains(Value const& value, Operand const& operand) {
    if (auto const* list = std::get_if<List>(&value)) return member(operand.value, *list);
    return !is_null(value) && to_text(value).find(to_text(operand.value)) != std::string::npos;
}

bool any_of(Value const& value, Value const& operand) {
    if (auto const* list = std::get_if<List>(&operand)) return member(value, *list);
    if (is_null(value)) return false;
    auto const text = to_text(value);
    auto const joined = to_text(operand);
    auto const parts = core::split(joined, ',');
    return std::ranges::find(parts, text) != parts.end();
}

/// Nullopt after reporting an undeclared name, or for one with an error of its own.
std::optional<bool> holds(Term const& term, Facts const& facts, Checker& in) {
    auto const fact = facts(term.variable);
    if (!fact) {
        if (fact.error().code == core::Errc::not_found)
            in.report().error(in.path(), term.place, fact.error().message);
        return std::nullopt;
    }
    if (term.comparisons.empty()) return fact->truthy;
    auto all = true;
    for (auto const& comparison : term.comparisons) {
        auto const one = holds(comparison, fact->value);
        if (!one) {
            in.report().error(
                in.path(), term.place, fmt::format("'{}': {}", term.variable, one.error().message)
            );
            return std::nullopt;
        }
        all = all && *one;
    }
    return all;
}

/// All terms are looked at, so that every problem is found. `decisive` decides alone.
std::optional<bool>
decide(Condition const& condition, Facts const& facts, Checker& in, bool decisive) {
    auto decided = false;
    auto known = true;
    for (auto const& term : condition) {
        auto const one = holds(term, facts, in);
        known = known && one.has_value();
        decided = decided || one == decisive;
    }
    if (!known) return std::nullopt;
    return decided ? decisive : !decisive;
}

} // namespace

Result<bool> holds(Comparison const& comparison, Value const& value) {
    auto const& operand = comparison.operand;
    auto const ordered = [&](auto fits) -> Result<bool> {
        KTRY(auto const found, order(value, operand.value));
        return fits(found);
    };
    switch (comparison.op) {
    case Operator::eq:
        return equal(value, operand);
    case Operator::ne: {
        KTRY(auto const same, equal(value, operand));
        return !same;
    }
    case Operator::lt:
        return ordered([](auto o) { return o < 0; });
    case Operator::lte:
        return ordered([](auto o) { return o <= 0; });
    case Operator::gt:
        return ordered([](auto o) { return o > 0; });
    case Operator::gte:
        return ordered([](auto o) { return o >= 0; });
    case Operator::start_with:
        return !is_null(value) && to_text(value).starts_with(to_text(operand.value));
    case Operator::end_with:
        return !is_null(value) && to_text(value).ends_with(to_text(operand.value));
    case Operator::contain:
        return contains(value, operand);
    case Operator::any_of:
        return any_of(value, operand.value);
    }
    return false;
}

Condition read_condition(Checker& in, YamlNode const& node) {
    Condition out;
    if (node.is_sequence()) {
        for (auto const& item : node.items) add_name(in, item, out);
    } else if (node.is_map()) {
        for (auto const& [key, value] : node.entries) {
            in.within(key.text, [&] {
                out.push_back(
                    {.variable = key.text,
                     .place = place_of(key),
                     .comparisons = read_comparisons(in, value)}
                );
            });
        }
    } else {
        add_name(in, node, out);
    }
    return out;
}

std::optional<bool> all_hold(Condition const& condition, Facts const& facts, Checker& in) {
    return decide(condition, facts, in, false);
}

std::optional<bool> any_holds(Condition const& condition, Facts const& facts, Checker& in) {
    return decide(condition, facts, in, true);
}

Conditions read_conditions(Checker& in, YamlNode const& map) {
    auto const read = [&](std::string_view key) -> std::optional<Condition> {
        auto const* node = map.find(key);
        if (node == nullptr || node->is_null()) return std::nullopt;
        std::optional<Condition> out;
        in.within(key, [&] { out = read_condition(in, *node); });
        return out;
    };
    return {.only_if = read("only_if"), .skip_if = read("skip_if")};
}

std::optional<bool> skipped(Conditions const& conditions, Facts const& facts, Checker& in) {
    std::optional<bool> skip = false;
    std::optional<bool> only = true;
    if (conditions.skip_if)
        in.within("skip_if", [&] { skip = any_holds(*conditions.skip_if, facts, in); });
    if (conditions.only_if)
        in.within("only_if", [&] { only = all_hold(*conditions.only_if, facts, in); });
    if (!skip || !only) return std::nullopt;
    return *skip || !*only;
}

bool skipped(Checker& in, YamlNode const& map, Variables const& variables) {
    auto const before = in.report().error_count();
    auto const conditions = read_conditions(in, map);
    if (in.report().error_count() > before) return false;
    auto const facts = [&](std::string_view name) { return variables.fact(name); };
    return skipped(conditions, facts, in).value_or(false);
}

} // namespace kontena::stackfile
