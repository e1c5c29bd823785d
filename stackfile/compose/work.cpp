#include "stackfile/compose/work.hpp"

#include "core/base/time.hpp"
#include "core/yaml/make.hpp"
#include "core/yaml/scalar.hpp"
#include "stackfile/compose/values.hpp"
#include "stackfile/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kontena::stackfile::compose {

using yaml::Kind;
using yaml::YamlNode;

namespace {

/// `yes` and the like are strings in Compose.
std::string as_compose_reads(YamlNode const& scalar) {
    if (scalar.kind != Kind::boolean) return yaml::canonical(scalar);
    auto const word = yaml::canonical(scalar);
    auto const same = std::ranges::equal(scalar.text, word, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
    return same ? word : scalar.text;
}

template <class T>
std::optional<T> number_of(std::string_view text) {
    T out{};
    auto const [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (ec != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return out;
}

YamlNode read_plain(std::string_view text) {
    YamlNode out;
    out.text = text;
    yaml::resolve_plain(out);
    return out;
}

YamlNode made_integer(std::string_view text) {
    auto const number = number_of<std::int64_t>(text);
    return number && *number >= 0 ? yaml::make_integer(*number) : YamlNode{};
}

YamlNode made_cpus(std::string_view text) {
    auto const number = number_of<double>(text);
    auto const possible = number && *number > 0 && *number <= 10'000;
    return possible ? yaml::make_real(*number) : YamlNode{};
}

YamlNode made_size(std::string_view text) {
    auto const size = size_text(text);
    return size ? yaml::make_text(*size) : YamlNode{};
}

YamlNode made_duration(std::string_view text) {
    auto const time = whole_seconds(text);
    return time ? yaml::make_text(fmt::format("{}s", time->whole)) : YamlNode{};
}

bool accepts_integer(std::string_view text) { return read_plain(text).kind == Kind::integer; }

bool accepts_number(std::string_view text) {
    auto const kind = read_plain(text).kind;
    return kind == Kind::integer || kind == Kind::real;
}

bool accepts_size(std::string_view text) { return parse_size(text).value_or(0) > 0; }

bool accepts_duration(std::string_view text) { return core::parse_duration(text).has_value(); }

} // namespace

Scalar const kWholeNumber{made_integer, accepts_integer, false, "a whole number is expected"};
Scalar const kCpus{made_cpus, accepts_number, false, "a number of CPUs is expected"};
Scalar const kSize{made_size, accepts_size, true, "a size such as 512m or 2g is expected"};
Scalar const kDuration{
    made_duration, accepts_duration, true, "a time such as 10s or 1m30s is expected"
};

YamlNode make_template(std::string text) {
    auto out = yaml::make_text(std::move(text));
    out.quoted = !names_in(out.text).empty();
    return out;
}

void Work::dropped(YamlNode const& at, std::string_view why) {
    note(at, fmt::format("not carried over: {}", why));
}

std::string Work::text(YamlNode const& scalar) {
    auto const written = as_compose_reads(scalar);
    VariableMap scratch; // those of the whole file are known
    if (auto out_text = translate(written, scratch)) return std::move(*out_text);
    note(
        scalar,
        "this form of a reference does not exist in stack files: it stands as it is, with '$$' "
        "for '$'"
    );
    return literal(written);
}

std::vector<std::string> Work::texts(YamlNode const& list) {
    std::vector<std::string> words;
    for (auto const& item : list.items) {
        if (item.is_scalar())
            words.push_back(text(item));
        else
            dropped(item, "a single value is expected");
    }
    return words;
}

YamlNode& Work::group(std::string_view key) {
    if (out.find(key) == nullptr) yaml::put(out, key, yaml::make_map());
    auto const entry = std::ranges::find_if(out.entries, [&](auto const& candidate) {
        return candidate.key.text == key;
    });
    return entry->value;
}

void Work::put_over(std::string_view key, YamlNode value, YamlNode const& at) {
    auto const* earlier = out.find(key);
    if (earlier != nullptr && yaml::canonical(*earlier) != yaml::canonical(value))
        note(
            at,
            fmt::format(
                "the service says '{}' in an older key, too: this one counts",
                yaml::canonical(*earlier)
            )
        );
    yaml::put(out, key, std::move(value));
}

void copy_text(Work& to, std::string_view key, YamlNode const& value) {
    if (value.is_scalar())
        yaml::put(to.out, key, make_template(to.text(value)));
    else
        to.dropped(value, "a single value is expected");
}

void copy_texts(Work& to, std::string_view key, YamlNode const& value) {
    if (!value.is_sequence()) {
        to.dropped(value, "a list is expected");
        return;
    }
    auto list = yaml::make_list({});
    for (auto& text : to.texts(value)) list.items.push_back(make_template(std::move(text)));
    yaml::put(to.out, key, std::move(list));
}

void copy_flag(Work& to, std::string_view key, YamlNode const& value) {
    if (value.kind == Kind::boolean)
        yaml::put(to.out, key, yaml::make_boolean(value.boolean));
    else
        to.dropped(value, "true or false is expected");
}

YamlNode converted(Work& to, Scalar const& kind, YamlNode const& value) {
    auto const text = value.is_scalar() ? to.text(value) : std::string();
    auto const refers = !names_in(text).empty();
    auto const plain = to.by_default(text);
    auto const open = refers && plain.value_or("").empty();
    if (open) to.need(text);
    if (refers && (open || kind.accepts(*plain)))
        return kind.string ? make_template(text) : yaml::make_text(text);
    auto made = refers || !value.is_scalar() ? YamlNode{} : kind.made(text);
    if (made.is_null()) to.dropped(value, kind.wanted);
    return made;
}

} // namespace kontena::stackfile::compose
