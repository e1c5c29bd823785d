#include "core/base/strings.hpp"
#include "stackfile/liquid/filters.hpp"
#include "stackfile/liquid/filters/argument.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace kontena::stackfile::liquid::filters {

using core::Errc;
using core::fail;
using core::Result;

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// What HTML writes for a character; empty when that is the character itself.
std::string_view entity(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return {};
    }
}

/// `&name;` or `&#number;` at the start of the text.
bool begins_with_entity(std::string_view text) {
    auto rest = text.substr(1);
    auto const numeric = rest.starts_with('#');
    if (numeric) rest.remove_prefix(1);
    auto const end = std::ranges::find_if_not(rest, numeric ? digit : letter);
    return end != rest.begin() && end != rest.end() && *end == ';';
}

template <bool Once>
Result<Data> escape(Data const& input, Arguments) {
    if (is_null(input)) return input;
    auto const text = to_text(input);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const written = entity(text[i]);
        auto const keep =
            Once && text[i] == '&' && begins_with_entity(std::string_view(text).substr(i));
        if (written.empty() || keep)
            out += text[i];
        else
            out += written;
    }
    return make_text(std::move(out));
}

Result<Data> url_encode(Data const& input, Arguments) {
    if (is_null(input)) return input;
    std::string out;
    for (char const c : to_text(input)) {
        if (letter(c) || digit(c) || std::string_view("_.-~").find(c) != std::string_view::npos)
            out += c;
        else if (c == ' ')
            out += '+';
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return make_text(std::move(out));
}

Result<Data> url_decode(Data const& input, Arguments) {
    if (is_null(input)) return input;
    auto const text = to_text(input);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        auto const* hex = text.data() + i + 1;
        auto const encoded = text[i] == '%' && i + 2 < text.size() &&
                             std::from_chars(hex, hex + 2, byte, 16).ptr == hex + 2;
        if (encoded) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    if (core::find_invalid_utf8(out) != std::string::npos)
        return fail(Errc::invalid, "the result is not valid UTF-8");
    return make_text(std::move(out));
}

Result<Data> newline_to_br(Data const& input, Arguments) {
    std::string out;
    for (char const c : to_text(input)) {
        if (c == '\n') out += "<br />";
        out += c;
    }
    return make_text(std::move(out));
}

Result<Data> strip_newlines(Data const& input, Arguments) {
    auto const text = to_text(input);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const before_newline = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if (text[i] != '\n' && !before_newline) out += text[i];
    }
    return make_text(std::move(out));
}

struct Element {
    std::string_view open;
    std::string_view close;
};

/// Those that go with all that is in them, then tags.
constexpr std::array<Element, 4> kElements{{
    {"<script", "</script>"},
    {"<!--", "-->"},
    {"<style", "</style>"},
    {"<", ">"},
}};

Result<Data> strip_html(Data const& input, Arguments) {
    auto const text = to_text(input);
    // What was not found once is not found further on, either.
    std::array<bool, kElements.size()> missing{};
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        auto next = std::string::npos;
        for (std::size_t i = 0; i < kElements.size() && next == std::string::npos; ++i) {
            auto const rest = std::string_view(text).substr(at);
            if (missing[i] || !rest.starts_with(kElements[i].open)) continue;
            next = find(text, kElements[i].close, at + kElements[i].open.size());
            missing[i] = next == std::string::npos;
            if (!missing[i]) next += kElements[i].close.size();
        }
        if (next == std::string::npos)
            out += text[at++];
        else
            at = next;
    }
    return make_text(std::move(out));
}

constexpr std::array<Filter, 8> kFilters{{
    {"escape", 0, 0, escape<false>},
    {"escape_once", 0, 0, escape<true>},
    {"h", 0, 0, escape<false>},
    {"newline_to_br", 0, 0, newline_to_br},
    {"strip_html", 0, 0, strip_html},
    {"strip_newlines", 0, 0, strip_newlines},
    {"url_decode", 0, 0, url_decode},
    {"url_encode", 0, 0, url_encode},
}};

} // namespace

std::span<Filter const> markup() { return kFilters; }

} // namespace kontena::stackfile::liquid::filters
