#include "core/base/strings.hpp"
#include "stackfile/variables/types/types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kontena::stackfile {

using core::Errc;
using core::Result;
using yaml::YamlNode;

namespace {

constexpr std::array<std::pair<std::string_view, crypto::Hash>, 5> kHashes{{
    {"md5", crypto::Hash::md5},
    {"sha1", crypto::Hash::sha1},
    {"sha256", crypto::Hash::sha256},
    {"sha384", crypto::Hash::sha384},
    {"sha512", crypto::Hash::sha512},
}};

std::optional<crypto::Hash> find_hash(std::string_view name) {
    auto const found =
        std::ranges::find(kHashes, name, [](auto const& hash) { return hash.first; });
    return found == kHashes.end() ? std::nullopt : std::optional(found->second);
}

/// The name of a hash, or false.
void check_hash(Checker& in, YamlNode const& value) {
    if (value.kind == yaml::Kind::boolean && !value.boolean) return;
    if (value.is_string() && find_hash(value.text)) return;
    std::vector<std::string_view> names;
    for (auto const& [name, hash] : kHashes) names.push_back(name);
    in.refuse(value, fmt::format("'{}' is not {}", value.text, core::choices(names)));
}

/// Lines of 60 characters, each with its line end.
std::string encode_base64(std::string_view bytes) {
    constexpr std::size_t kLine = 60;
    auto const text = crypto::base64_encode(bytes);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += kLine) out += text.substr(at, kLine) + "\n";
    return out;
}

/// What is not of the alphabet is skipped; padding ends the text.
Result<std::string> decode_base64(std::string_view text) {
    std::string clean;
    for (char const c : text.substr(0, text.find('='))) {
        auto const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter || (c >= '0' && c <= '9') || c == '+' || c == '/') clean += c;
    }
    if (clean.size() % 4 == 1) clean.pop_back();
    while (clean.size() % 4 != 0) clean += '=';
    KTRY(auto out, crypto::base64_decode(clean));
    if (core::find_invalid_utf8(out) != std::string::npos)
        return core::fail(Errc::invalid, "what decode_64 makes of the value is not UTF-8 text");
    return out;
}

std::string upper(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return out;
}

std::string stripped(std::string_view text) {
    constexpr std::string_view kBlank(" \t\r\n\v\f\0", 7);
    auto const first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

std::string chomped(std::string text) {
    auto const newline = text.ends_with('\n');
    if (newline) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
}

std::string capitalized(std::string_view text) {
    return upper(text.substr(0, 1)) + lower(text.substr(std::min<std::size_t>(1, text.size())));
}

} // namespace

std::span<KeyRule const> string_options() {
    static constexpr auto kOptions = std::to_array<KeyRule>({
        {"empty_is_nil", check_boolean},
        {"min_length", check_integer},
        {"max_length", check_integer},
        {"hexdigest", check_hash},
        {"encode_64", check_boolean},
        {"decode_64", check_boolean},
        {"upcase", check_boolean},
        {"downcase", check_boolean},
        {"strip", check_boolean},
        {"chomp", check_boolean},
        {"capitalize", check_boolean},
        {"echo", check_boolean},
    });
    return kOptions;
}

StringType StringType::read(YamlNode const& map) {
    auto const* hash = map.find("hexdigest");
    return {
        .empty_is_nil = flag(map, "empty_is_nil", true),
        .encode_64 = flag(map, "encode_64"),
        .decode_64 = flag(map, "decode_64"),
        .upcase = flag(map, "upcase"),
        .downcase = flag(map, "downcase"),
        .strip = flag(map, "strip"),
        .chomp = flag(map, "chomp"),
        .capitalize = flag(map, "capitalize"),
        .echo = flag(map, "echo", true),
        .hexdigest = hash == nullptr ? std::nullopt : find_hash(hash->text),
        .min_length = number(map, "min_length"),
        .max_length = number(map, "max_length"),
    };
}

Result<Sanitised> StringType::sanitise(Value const& raw, Show) const {
    if (is_null(raw)) return Sanitised{empty_is_nil ? Value{} : Value(std::string())};
    auto text = to_text(raw);
    if (encode_64) text = encode_base64(text);
    if (decode_64) {
        KTRY(text, decode_base64(text));
    }
    if (hexdigest) text = crypto::digest_hex(*hexdigest, text);
    if (upcase) text = upper(text);
    if (downcase) text = lower(text);
    if (strip) text = stripped(text);
    if (chomp) text = chomped(std::move(text));
    if (capitalize) text = capitalized(text);
    if (empty_is_nil && is_blank(text)) return Sanitised{};
    return Sanitised{Value(std::move(text))};
}

std::optional<Refusal> StringType::refuse(Value const& value, Show) const {
    auto const length = static_cast<std::int64_t>(core::count_code_points(to_text(value)));
    if (min_length && length < *min_length)
        return Refusal{
            "validate_min_length", fmt::format("shorter than {} characters", *min_length)
        };
    if (max_length && length > *max_length)
        return Refusal{
            "validate_max_length", fmt::format("longer than {} characters", *max_length)
        };
    return std::nullopt;
}

bool StringType::truthy(Value const& value) const {
    auto const text = to_text(value);
    return !is_blank(text) && text != "false";
}

} // namespace kontena::stackfile
