#include "core/base/strings.hpp"
#include "stackfile/validate/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using yaml::Kind;
using yaml::YamlNode;

namespace {

/// `1`, or `1,3,5`: numbers of instances.
bool instance_list(std::string_view text) {
    return std::ranges::all_of(core::split(text, ','), [](std::string_view part) {
        auto const digits = core::trim(part);
        return !digits.empty() && digits.size() <= 6 &&
               std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }) &&
               digits.find_first_not_of('0') != std::string_view::npos;
    });
}

void check_instances(Checker& in, YamlNode const& value) {
    auto const number = value.kind == Kind::integer && value.integer > 0;
    auto const text = value.is_string() && (value.text == "*" || instance_list(value.text));
    // `1,2` without quotes is the number 12 to YAML; nobody means that.
    auto const list = value.kind == Kind::integer && value.text.find(',') != std::string::npos;
    if (!value.is_scalar())
        in.refuse(value, wrong_kind("\"*\", the number of an instance or a text \"1,2\"", value));
    else if (list)
        in.refuse(value, fmt::format("write it in quotes, \"{}\"", value.text));
    else if (!number && !text)
        in.refuse(
            value,
            fmt::format(
                "'{}' is not \"*\", the number of an instance or a list \"1,2\"", value.text
            )
        );
}

void check_pre_build(Checker& in, YamlNode const& list) {
    static constexpr auto kHook = std::to_array<KeyRule>({
        {"name", check_string, true},
        {"cmd", check_string, true},
    });
    check_items(in, list, [&](YamlNode const& item) { check_map(in, item, kHook); });
}

void check_container_hook(Checker& in, YamlNode const& list) {
    static constexpr auto kHook = std::to_array<KeyRule>({
        {"name", check_string, true},
        {"cmd", check_string, true},
        {"instances", check_instances, true},
        {"oneshot", check_boolean},
    });
    check_items(in, list, [&](YamlNode const& item) { check_map(in, item, kHook); });
}

} // namespace

void check_hooks(Checker& in, YamlNode const& value) {
    static constexpr auto kHooks = std::to_array<KeyRule>({
        {"pre_build", check_pre_build},
        {"pre_start", check_container_hook},
        {"post_start", check_container_hook},
        {"pre_stop", check_container_hook},
    });
    check_map(in, value, kHooks);
}

} // namespace kontena::stackfile
