#include "stackfile/variables/resolve.hpp"

#include "core/base/result.hpp"
#include "core/base/strings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace kontena::stackfile {

using core::Errc;
using core::Result;

namespace {

Result<Value> to_integer(Value const& raw) {
    if (auto const* real = std::get_if<double>(&raw)) {
        if (!(*real > -9e18 && *real < 9e18))
            return core::fail(Errc::invalid, fmt::format("{} is too large", *real));
        return Value(static_cast<std::int64_t>(*real));
    }
    if (auto const* text = std::get_if<std::string>(&raw)) {
        auto const digits = core::trim(*text);
        if (digits.empty()) return Value{};
        std::int64_t value = 0;
        auto const* end = digits.data() + digits.size();
        auto const* start = digits.data() + (digits.starts_with('+') ? 1 : 0);
        auto const [stop, ec] = std::from_chars(start, end, value);
        if (ec != std::errc{} || stop != end)
            return core::fail(Errc::invalid, fmt::format("'{}' is not an integer", *text));
        return Value(value);
    }
    if (std::holds_alternative<bool>(raw))
        return core::fail(Errc::invalid, fmt::format("'{}' is not an integer", to_text(raw)));
    return raw;
}

Value to_boolean(Value const& raw) {
    static constexpr std::array<std::string_view, 6> kTrue{
        "true", "yes", "1", "on", "enabled", "enable"
    };
    if (std::holds_alternative<bool>(raw)) return raw;
    auto const text = to_text(raw);
    std::string lower(core::trim(text));
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return std::ranges::find(kTrue, lower) != kTrue.end();
}

/// The value as its type has it; nulls stay null, but for booleans.
Result<Value> sanitise(Definition const& definition, Value const& raw) {
    switch (definition.type) {
    case VariableType::boolean:
        return to_boolean(raw);
    case VariableType::integer:
        return to_integer(raw);
    case VariableType::enumeration:
        return raw;
    case VariableType::string:
        break;
    }
    if (is_null(raw)) return definition.empty_is_nil ? raw : Value(std::string());
    auto text = to_text(raw);
    if (definition.empty_is_nil && core::trim(text).empty()) return Value{};
    return Value(std::move(text));
}

std::string listed(std::vector<Value> const& values) {
    std::vector<std::string> texts;
    for (auto const& value : values) texts.push_back(to_text(value));
    std::vector<std::string_view> const views(texts.begin(), texts.end());
    return core::choices(views);
}

/// Why a value that is not null breaks a rule; empty when it does not.
std::string broken_rule(Definition const& definition, Value const& value) {
    auto const member = [&](std::vector<Value> const& of) {
        return std::ranges::find(of, value) != of.end();
    };
    if (!definition.in.empty() && !member(definition.in))
        return fmt::format("'{}' is not {}", to_text(value), listed(definition.in));
    if (definition.type == VariableType::enumeration && definition.in.empty() &&
        !definition.can_be_other && !member(definition.options))
        return fmt::format("'{}' is not {}", to_text(value), listed(definition.options));
    if (auto const* number = std::get_if<std::int64_t>(&value);
        number != nullptr && definition.type == VariableType::integer) {
        auto const min = definition.min.value_or(0);
        if (*number < min) return fmt::format("{} is smaller than {}", *number, min);
        if (definition.max && *number > *definition.max)
            return fmt::format("{} is larger than {}", *number, *definition.max);
    }
    if (auto const* text = std::get_if<std::string>(&value)) {
        auto const length = static_cast<std::int64_t>(core::count_code_points(*text));
        if (definition.min_length && length < *definition.min_length)
            return fmt::format("shorter than {} characters", *definition.min_length);
        if (definition.max_length && length > *definition.max_length)
            return fmt::format("longer than {} characters", *definition.max_length);
    }
    return {};
}

/// Texts of environment variables become what they look like.
Value from_env(std::string text) {
    if (text == "true") return true;
    if (text == "false") return false;
    if (text == "null" || text == "nil") return {};
    auto const digits = !text.empty() && text.size() <= 18 &&
                        std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (digits) return std::int64_t{std::stoll(text)};
    return text;
}

Value raw_value(Definition const& definition, Input const& input) {
    if (auto const given = input.values.find(definition.name);
        given != input.values.end() && !is_null(given->second))
        return given->second;
    if (!is_null(definition.fixed)) return definition.fixed;
    auto names = definition.env;
    if (!definition.from_env) names.push_back(definition.name);
    for (auto const& name : names) {
        auto text = input.env ? input.env(name) : std::nullopt;
        auto value = text ? from_env(std::move(*text)) : Value{};
        if (!is_null(value)) return value;
    }
    return definition.default_value;
}

} // namespace

Variables Variables::resolve(
    Definitions const& definitions, Input const& input, Map builtins, Report& report
) {
    Variables out;
    out.builtins_ = std::move(builtins);
    for (auto const& definition : definitions.list) {
        auto const path = "variables." + definition.name;
        auto value = sanitise(definition, raw_value(definition, input));
        std::string reason;
        auto place = definition.value_place;
        if (!value) {
            reason = value.error().message;
        } else if (!is_null(*value)) {
            reason = broken_rule(definition, *value);
        } else if (definition.required) {
            reason = "no value: give it a default, set it with the stack, or say required: false";
            place = definition.place;
        }
        if (!reason.empty()) {
            report.error(path, place, std::move(reason));
            out.broken_.insert(definition.name);
        }
        out.values_.insert_or_assign(definition.name, value ? *value : Value{});
    }
    for (auto const& name : definitions.declared)
        if (out.values_.try_emplace(name).second) out.broken_.insert(name);
    for (auto const& [name, value] : out.builtins_) out.broken_.erase(name);
    return out;
}

std::optional<Value> Variables::find(std::string_view name) const {
    for (auto const* map : {&builtins_, &values_})
        if (auto const found = map->find(name); found != map->end()) return found->second;
    return std::nullopt;
}

std::vector<std::string_view> Variables::names() const {
    std::vector<std::string_view> out;
    for (auto const* map : {&builtins_, &values_})
        for (auto const& [name, value] : *map) out.push_back(name);
    return out;
}

std::map<std::string, std::string> Variables::texts() const {
    std::map<std::string, std::string> out;
    for (auto const& [name, value] : values_)
        if (!builtins_.contains(name) && !is_null(value)) out.emplace(name, to_text(value));
    return out;
}

} // namespace kontena::stackfile
