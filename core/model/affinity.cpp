#include "core/model/affinity.hpp"

#include "core/base/strings.hpp"
#include "core/json/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

namespace kontena::model {

using core::Errc;
using core::Result;

namespace {

constexpr std::size_t kLongestExpression = 256;
constexpr std::size_t kMostRepetitions = 1000;

/// Counted repetitions, `{3}` and `{2,50}`, are spelled out when an expression is compiled, nested
/// ones many times over: what all of them together may come to.
std::size_t repetitions(std::string_view expression) {
    std::size_t out = 1;
    std::size_t number = 0;
    bool counting = false;
    for (char const c : expression) {
        if (c == '{' || (counting && c == ',')) {
            number = 0;
            counting = true;
        } else if (counting && c >= '0' && c <= '9') {
            number =
                std::min(number * 10 + static_cast<std::size_t>(c - '0'), kMostRepetitions + 1);
        } else {
            if (counting && c == '}')
                out = std::min(out * std::max<std::size_t>(number, 1), kMostRepetitions + 1);
            counting = false;
        }
    }
    return out;
}

Result<> check_expression(std::string const& expression) {
    if (expression.size() > kLongestExpression)
        return core::fail(
            Errc::invalid,
            fmt::format("a regular expression may have {} characters", kLongestExpression)
        );
    if (repetitions(expression) > kMostRepetitions)
        return core::fail(
            Errc::invalid,
            fmt::format("/{}/ repeats more than {} times", expression, kMostRepetitions)
        );
    try {
        std::regex const compiled(expression, std::regex::ECMAScript);
    } catch (std::regex_error const& e) {
        return core::fail(
            Errc::invalid, fmt::format("/{}/ is not a regular expression: {}", expression, e.what())
        );
    }
    return {};
}

/// Calls `plain` for text and `number` for each mention of the instance number; `%%` is a `%`.
template <class Plain, class Number>
void scan(std::string_view value, Plain&& plain, Number&& number) {
    for (std::size_t i = 0; i < value.size(); ++i) {
        auto const next = i + 1 < value.size() ? value[i + 1] : '\0';
        if (value[i] == '%' && (next == 's' || next == 'i' || next == 'd')) {
            number();
            ++i;
        } else if (value[i] == '%' && next == '%') {
            plain('%');
            ++i;
        } else {
            plain(value[i]);
        }
    }
}

} // namespace

Result<Affinity> parse_affinity(std::string_view rule) {
    auto const refuse = [&](std::string_view why) {
        return core::fail(
            Errc::invalid,
            fmt::format(
                "'{}' is not an affinity rule: {}; write it like label==zone=a, node!=n1 or "
                "service==~db",
                rule,
                why
            )
        );
    };
    auto const equal = rule.rfind("==");
    auto const different = rule.rfind("!=");
    if (equal == std::string_view::npos && different == std::string_view::npos)
        return refuse("it has neither '==' nor '!='");
    Affinity out;
    out.negated = equal == std::string_view::npos ||
                  (different != std::string_view::npos && different > equal);
    auto const at = out.negated ? different : equal;
    auto const key = core::trim(rule.substr(0, at));
    auto value = core::trim(rule.substr(at + 2));
    if (value.starts_with('~')) {
        out.soft = true;
        value.remove_prefix(1);
    }
    if (value.size() >= 2 && value.front() == '/' && value.back() == '/') {
        out.regex = true;
        value = value.substr(1, value.size() - 2);
    }
    if (value.empty()) return refuse("nothing stands behind the operator");
    out.value = value;
    if (out.regex) KCHECK(check_expression(with_instance(out.value, 1)));
    if (key.empty()) return refuse("nothing stands before the operator");
    auto const known = json::enum_from<AffinityKey>(key);
    if (!known)
        return core::fail(
            Errc::unsupported,
            fmt::format("'{}': '{}' is not {}", rule, key, json::enum_choices<AffinityKey>())
        );
    out.key = *known;
    return out;
}

bool mentions_instance(Affinity const& affinity) {
    bool found = false;
    scan(affinity.value, [](char) {}, [&] { found = true; });
    return found;
}

std::string with_instance(std::string_view text, int instance) {
    std::string out;
    scan(text, [&](char c) { out += c; }, [&] { out += std::to_string(instance); });
    return out;
}

} // namespace kontena::model
