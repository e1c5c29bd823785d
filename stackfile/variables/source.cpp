#include "stackfile/variables/source.hpp"

#include "core/base/strings.hpp"
#include "stackfile/variables/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using yaml::Kind;
using yaml::YamlNode;

namespace {

using Read = std::optional<Origin>;

std::string text_at(YamlNode const& map, std::string_view key) {
    auto const* node = map.find(key);
    return node == nullptr || node->is_null() ? std::string() : node->text;
}

/// A scalar with a text in it.
bool has_text(Checker& in, YamlNode const& hint, std::string_view what) {
    if (hint.is_scalar() && !hint.is_null() && !hint.text.empty()) return true;
    in.refuse(hint, fmt::format("must be {}", what));
    return false;
}

/// Nothing, or the text of a question.
std::optional<std::string>
question(Checker& in, YamlNode const& hint, std::string const& variable) {
    if (!hint.is_scalar()) {
        in.refuse(hint, "must be the text of a question");
        return std::nullopt;
    }
    return hint.is_null() || hint.text == variable ? std::string() : hint.text;
}

/// Applies the rules and says whether the map is as it must be.
bool fits(Checker& in, YamlNode const& map, std::span<KeyRule const> rules) {
    auto const before = in.report().error_count();
    check_map(in, map, rules);
    return map.is_map() && in.report().error_count() == before;
}

Read read_env(Checker& in, YamlNode const& hint, std::string const& variable) {
    if (hint.is_null()) return FromEnv{{variable}};
    if (hint.is_string()) return FromEnv{{hint.text}};
    check_string_list(in, hint);
    FromEnv out;
    for (auto const& item : hint.items) out.names.push_back(item.text);
    return out;
}

Read read_file(Checker& in, YamlNode const& hint, std::string const&) {
    static constexpr auto kFile = std::to_array<KeyRule>({
        {"path", check_string, true},
        {"ignore_errors", check_boolean},
    });
    if (!hint.is_map()) {
        if (!has_text(in, hint, "the path of a file, or a map with path and ignore_errors"))
            return std::nullopt;
        return FromFile{.path = hint.text};
    }
    if (!fits(in, hint, kFile)) return std::nullopt;
    auto const* ignore = hint.find("ignore_errors");
    return FromFile{text_at(hint, "path"), ignore != nullptr && ignore->boolean};
}

Read read_prompt(Checker& in, YamlNode const& hint, std::string const& variable) {
    auto text = question(in, hint, variable);
    if (!text) return std::nullopt;
    return FromPrompt{std::move(*text)};
}

/// An integer, also when it is written in quotes.
std::optional<std::int64_t> length_of(YamlNode const& node) {
    auto const digits = !node.text.empty() && node.text.size() < 10 &&
                        node.text.find_first_not_of("0123456789") == std::string::npos;
    if (node.kind == Kind::integer) return node.integer;
    if (node.is_string() && digits) return std::stoll(node.text);
    return std::nullopt;
}

void check_length(Checker& in, YamlNode const& value) {
    auto const length = length_of(value);
    if (!length || *length < 0 || *length > kMaxRandomLength)
        in.refuse(
            value, fmt::format("must be a number of characters, at most {}", kMaxRandomLength)
        );
}

void check_charset(Checker& in, YamlNode const& value) {
    constexpr std::size_t kLongest = 1000;
    if (!value.is_scalar() || value.text.empty() || value.text.size() > kLongest)
        in.refuse(value, "must be the name of a charset such as hex, a range, or characters");
}

Read read_random_string(Checker& in, YamlNode const& hint, std::string const&) {
    static constexpr auto kRandomString = std::to_array<KeyRule>({
        {"length", check_length, true},
        {"charset", check_charset},
    });
    auto const before = in.report().error_count();
    if (hint.is_map()) {
        check_map(in, hint, kRandomString);
    } else {
        check_length(in, hint);
    }
    if (in.report().error_count() > before) return std::nullopt;
    auto const length = *length_of(hint.is_map() ? *hint.find("length") : hint);
    auto name = text_at(hint, "charset");
    if (name.empty()) name = "alphanumeric";
    if (name == "base64" && length % 4 != 0) {
        in.refuse(hint, "the length of a base64 text must be a multiple of 4");
        return std::nullopt;
    }
    return FromRandomString{length, charset(name)};
}

Read read_random_number(Checker& in, YamlNode const& hint, std::string const&) {
    static constexpr auto kRandomNumber = std::to_array<KeyRule>({
        {"min", check_integer, true},
        {"max", check_integer, true},
    });
    if (!fits(in, hint, kRandomNumber)) return std::nullopt;
    FromRandomNumber const out{hint.find("min")->integer, hint.find("max")->integer};
    if (out.min <= out.max) return out;
    in.refuse(hint, "min must not be larger than max");
    return std::nullopt;
}

Read read_random_uuid(Checker&, YamlNode const&, std::string const&) { return FromRandomUuid{}; }

Read read_interpolate(Checker& in, YamlNode const& hint, std::string const&) {
    if (!has_text(in, hint, "a text with references, such as http://${host}")) return std::nullopt;
    return FromInterpolate{hint.text};
}

Read read_evaluate(Checker& in, YamlNode const& hint, std::string const&) {
    if (!has_text(in, hint, "arithmetic, such as ${memory} * 0.8")) return std::nullopt;
    return FromEvaluate{hint.text};
}

Read read_variable(Checker& in, YamlNode const& hint, std::string const&) {
    if (!has_text(in, hint, "the name of a variable")) return std::nullopt;
    return FromVariable{hint.text};
}

void check_condition(Checker& in, YamlNode const& node) { (void)read_condition(in, node); }

/// `{if: CONDITION, then: VALUE}`, the same with `elsif`, or `{else: VALUE}`.
FromCondition::Branch read_branch(Checker& in, YamlNode const& item) {
    static constexpr auto kBranch = std::to_array<KeyRule>({
        {"if", check_condition},
        {"elsif", check_condition},
        {"then", check_value},
        {"else", check_value},
    });
    FromCondition::Branch out;
    if (!fits(in, item, kBranch)) return out;
    if (auto const* otherwise = item.find("else"); otherwise != nullptr) {
        out.value = from_node(*otherwise);
        if (item.entries.size() > 1) in.refuse(item, "'else' stands alone");
        return out;
    }
    auto const* condition = item.find("if");
    if (condition == nullptr) condition = item.find("elsif");
    auto const* value = item.find("then");
    if (condition == nullptr || condition->is_null() || item.entries.size() != 2) {
        in.refuse(
            item, "must be {if: CONDITION, then: VALUE}, the same with elsif, or {else: VALUE}"
        );
    } else if (value == nullptr) {
        in.refuse(item, "'then' is missing");
    } else {
        out.condition = read_condition(in, *condition);
        out.value = from_node(*value);
    }
    return out;
}

Read read_branches(Checker& in, YamlNode const& hint, std::string const&) {
    FromCondition out;
    check_items(in, hint, [&](YamlNode const& item) {
        out.branches.push_back(read_branch(in, item));
    });
    return out;
}

Read read_vault(Checker& in, YamlNode const& hint, std::string const&) {
    if (!has_text(in, hint, "the name of a secret")) return std::nullopt;
    return FromVault{hint.text};
}

Read read_vault_cert_prompt(Checker& in, YamlNode const& hint, std::string const& variable) {
    auto text = question(in, hint, variable);
    if (!text) return std::nullopt;
    return FromVaultCertPrompt{std::move(*text)};
}

Read read_certificates(Checker& in, YamlNode const& hint, std::string const& variable) {
    auto text = question(in, hint, variable);
    if (!text) return std::nullopt;
    return FromCertificates{std::move(*text)};
}

Read read_service_link(Checker& in, YamlNode const& hint, std::string const&) {
    static constexpr auto kServiceLink = std::to_array<KeyRule>({
        {"prompt", check_scalar},
        {"hint", check_scalar},
        {"name", check_scalar},
        {"image", check_scalar},
    });
    if (!hint.is_map()) {
        in.refuse(hint, "must be a map, such as {prompt: Choose a database, image: postgres}");
        return std::nullopt;
    }
    if (!fits(in, hint, kServiceLink)) return std::nullopt;
    auto text = text_at(hint, "prompt");
    if (text.empty()) text = text_at(hint, "hint");
    if (text.empty()) {
        in.within("prompt", [&] { in.refuse(hint, "missing"); });
        return std::nullopt;
    }
    return FromServiceLink{std::move(text), text_at(hint, "name"), text_at(hint, "image")};
}

Read read_service_instances(Checker& in, YamlNode const& hint, std::string const&) {
    if (!has_text(in, hint, "the name of a service")) return std::nullopt;
    return FromServiceInstances{hint.text};
}

struct ResolverRule {
    std::string_view name;
    Read (*read)(Checker& in, YamlNode const& hint, std::string const& variable);
};

constexpr std::array<ResolverRule, 15> kResolvers{{
    {"env", read_env},
    {"file", read_file},
    {"prompt", read_prompt},
    {"random_string", read_random_string},
    {"random_number", read_random_number},
    {"random_uuid", read_random_uuid},
    {"interpolate", read_interpolate},
    {"evaluate", read_evaluate},
    {"variable", read_variable},
    {"condition", read_branches},
    {"vault", read_vault},
    {"vault_cert_prompt", read_vault_cert_prompt},
    {"certificates", read_certificates},
    {"service_link", read_service_link},
    {"service_instances", read_service_instances},
}};

std::string unknown_resolver(std::string_view name) {
    std::vector<std::string_view> known;
    for (auto const& rule : kResolvers) known.push_back(rule.name);
    return fmt::format("there is no resolver '{}'", name) + core::suggestion(name, known);
}

} // namespace

std::vector<Source> read_sources(Checker& in, YamlNode const& from, std::string const& variable) {
    std::vector<Source> out;
    for (auto const& [name, key, hint] : named_hints(in, from, variable)) {
        auto const rule = std::ranges::find(kResolvers, name, &ResolverRule::name);
        if (rule == kResolvers.end()) {
            in.refuse(key, unknown_resolver(key.text));
            continue;
        }
        in.within(name, [&] {
            if (auto origin = rule->read(in, hint, variable))
                out.push_back({std::move(*origin), name, place_of(key)});
        });
    }
    return out;
}

} // namespace kontena::stackfile
