#include "core/net/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace kontena::net {

using core::Errc;
using core::fail;
using core::Result;

namespace {

std::uint16_t default_port(std::string_view scheme) {
    if (scheme == "http" || scheme == "ws") return 80;
    if (scheme == "https" || scheme == "wss") return 443;
    return 0;
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/// Calls `use` with each part between separators; an empty text has no parts.
template <class Use>
Result<void> each_part(std::string_view text, char separator, Use use) {
    while (!text.empty()) {
        auto const end = std::min(text.find(separator), text.size());
        KCHECK(use(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return {};
}

} // namespace

bool Url::secure() const { return scheme == "https" || scheme == "wss"; }

std::string Url::target() const { return query.empty() ? path : path + "?" + query; }

std::string Url::authority() const {
    auto const shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return port == default_port(scheme) ? shown : fmt::format("{}:{}", shown, port);
}

std::string Url::str() const { return fmt::format("{}://{}{}", scheme, authority(), target()); }

Result<Url> parse_url(std::string_view text) {
    auto const parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
    auto const bad = [&](std::string_view why) {
        // The text itself may hold a password.
        return fail(Errc::invalid, fmt::format("not a valid address: {}", why));
    };
    if (!parsed) return bad("expected something like https://host:port/path");
    auto const& view = *parsed;
    Url url;
    url.scheme.assign(view.scheme().data(), view.scheme().size());
    std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (url.scheme == "unix") {
        url.path = view.path();
        if (url.path.size() < 2) return bad("unix:// needs the path of a socket");
        return url;
    }
    if (default_port(url.scheme) == 0) {
        return bad(fmt::format("'{}' is none of http, https, ws, wss, unix", url.scheme));
    }
    url.host = view.host_address();
    if (url.host.empty()) return bad("it names no host");
    url.port = default_port(url.scheme);
    auto const digits = view.port();
    if (!digits.empty()) {
        auto const* const end = digits.data() + digits.size();
        auto const [stop, error] = std::from_chars(digits.data(), end, url.port);
        if (error != std::errc() || stop != end || url.port == 0) {
            return bad("the port is not a number from 1 to 65535");
        }
    }
    url.user = view.user();
    url.password = view.password();
    auto const path = view.encoded_path();
    if (!path.empty()) url.path.assign(path.data(), path.size());
    auto const query = view.encoded_query();
    url.query.assign(query.data(), query.size());
    return url;
}

std::string percent_encode(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        if (unreserved(c)) {
            out += c;
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 0xFU];
    }
    return out;
}

Result<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        int const high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
        int const low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
        if (high < 0 || low < 0)
            return fail(Errc::invalid, fmt::format("bad percent escape in '{}'", text));
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

Result<Query> Query::parse(std::string_view text) {
    Query query;
    KCHECK(each_part(text, '&', [&](std::string_view part) -> Result<void> {
        if (part.empty()) return {};
        auto const plus_to_space = [](std::string_view raw) {
            std::string out(raw);
            std::replace(out.begin(), out.end(), '+', ' ');
            return out;
        };
        auto const equals = std::min(part.find('='), part.size());
        KTRY(auto name, percent_decode(plus_to_space(part.substr(0, equals))));
        KTRY(
            auto value,
            percent_decode(plus_to_space(part.substr(std::min(equals + 1, part.size()))))
        );
        query.add(std::move(name), std::move(value));
        return {};
    }));
    return query;
}

std::optional<std::string> Query::get(std::string_view name) const {
    for (auto const& [key, value] : items_) {
        if (key == name) return value;
    }
    return std::nullopt;
}

std::vector<std::string> Query::all(std::string_view name) const {
    std::vector<std::string> values;
    for (auto const& [key, value] : items_) {
        if (key == name) values.push_back(value);
    }
    return values;
}

bool Query::flag(std::string_view name) const {
    auto const value = get(name);
    return value && *value != "0" && *value != "false";
}

std::string Query::str() const {
    std::string out;
    for (auto const& [key, value] : items_) {
        if (!out.empty()) out += '&';
        out += percent_encode(key) + "=" + percent_encode(value);
    }
    return out;
}

Result<Target> parse_target(std::string_view target) {
    if (target.empty() || target[0] != '/') {
        return fail(
            Errc::invalid, fmt::format("the request target '{}' does not begin with /", target)
        );
    }
    auto const end = std::min(target.find('?'), target.size());
    Target out;
    out.path = std::string(target.substr(0, end));
    KCHECK(each_part(target.substr(1, end - 1), '/', [&](std::string_view part) -> Result<void> {
        if (part.empty()) return {};
        KTRY(auto segment, percent_decode(part));
        out.segments.push_back(std::move(segment));
        return {};
    }));
    KTRY(out.query, Query::parse(target.substr(std::min(end + 1, target.size()))));
    return out;
}

} // namespace kontena::net
