#include "reconciler/diff.hpp"

#include "core/json/codec.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace kontena::reconciler {
namespace {

namespace bj = boost::json;
using model::FieldChange;

std::string text_of(bj::value const* value) {
    if (value == nullptr || value->is_null()) return "";
    return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

/// `KEY=value` entries as an object, so that variables compare by name.
bj::object by_name(bj::value const& env) {
    bj::object out;
    for (auto const& item : env.as_array()) {
        std::string_view const entry = item.as_string();
        auto const eq = entry.find('=');
        auto const name = entry.substr(0, eq);
        out[name] =
            eq == std::string_view::npos ? bj::value(nullptr) : bj::value(entry.substr(eq + 1));
    }
    return out;
}

std::string shown(std::string_view field, std::string_view key, std::string text) {
    return field == "env" && looks_secret(key) && !text.empty() ? "(secret)" : text;
}

void compare_objects(
    std::string_view field,
    bj::object const& before,
    bj::object const& after,
    std::vector<FieldChange>& out
) {
    auto const compare = [&](std::string_view key) {
        auto const* a = before.if_contains(key);
        auto const* b = after.if_contains(key);
        if (a != nullptr && b != nullptr && *a == *b) return;
        out.push_back(
            {.field = fmt::format("{}.{}", field, key),
             .before = shown(field, key, text_of(a)),
             .after = shown(field, key, text_of(b))}
        );
    };
    for (auto const& [key, value] : before) compare(key);
    for (auto const& [key, value] : after) {
        if (!before.contains(key)) compare(key);
    }
}

} // namespace

bool looks_secret(std::string_view name) {
    constexpr std::array<std::string_view, 6> hints = {
        "PASS", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "AUTH"
    };
    std::string upper(name);
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) {
        return char(std::toupper(c));
    });
    return std::ranges::any_of(hints, [&](std::string_view hint) {
        return upper.find(hint) != std::string::npos;
    });
}

std::vector<FieldChange> diff(model::ServiceSpec const& before, model::ServiceSpec const& after) {
    std::vector<FieldChange> out;
    auto const a = json::encode(before).as_object();
    auto const b = json::encode(after).as_object();
    for (auto const& [key, old_value] : a) {
        auto const& new_value = b.at(key);
        if (old_value == new_value) continue;
        if (key == "env") {
            compare_objects("env", by_name(old_value), by_name(new_value), out);
        } else if (old_value.is_object() && new_value.is_object()) {
            compare_objects(key, old_value.get_object(), new_value.get_object(), out);
        } else {
            out.push_back(
                {.field = std::string(key),
                 .before = text_of(&old_value),
                 .after = text_of(&new_value)}
            );
        }
    }
    return out;
}

} // namespace kontena::reconciler
