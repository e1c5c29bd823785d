#include "stackfile/grammar.hpp"

#include "core/base/strings.hpp"
#include "core/base/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace kontena::stackfile {

using core::Errc;
using core::fail;
using core::Result;

namespace {

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Digits only; false also when the number does not fit.
template <class T>
bool read_number(std::string_view text, T& out) {
    if (!all_digits(text)) return false;
    auto const [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc{};
}

bool read_port(std::string_view text, std::uint16_t& out) {
    return read_number(text, out) && out > 0;
}

bool valid_ipv4(std::string_view text) {
    auto const parts = core::split(text, '.');
    return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
               int value = 0;
               return part.size() <= 3 && read_number(part, value) && value <= 255;
           });
}

} // namespace

Result<model::PortMapping> parse_port(std::string_view text) {
    auto const refuse = [&](std::string_view why) {
        return fail(
            Errc::invalid,
            fmt::format("'{}' is not a port: {}; write [IP:]HOST:CONTAINER[/tcp|udp]", text, why)
        );
    };
    model::PortMapping out;
    auto rest = text;
    if (auto const slash = rest.find('/'); slash != std::string_view::npos) {
        auto const protocol = rest.substr(slash + 1);
        if (protocol != "tcp" && protocol != "udp") return refuse("the protocol is tcp or udp");
        out.protocol = protocol == "udp" ? model::Protocol::udp : model::Protocol::tcp;
        rest = rest.substr(0, slash);
    }
    auto parts = core::split(rest, ':');
    if (parts.size() == 3) {
        if (!valid_ipv4(parts[0]))
            return refuse(fmt::format("'{}' is not an IPv4 address", parts[0]));
        out.ip = parts[0];
        parts.erase(parts.begin());
    }
    if (parts.size() != 2) return refuse("host and container port are both needed");
    if (!read_port(parts[0], out.node_port) || !read_port(parts[1], out.container_port))
        return refuse("ports are numbers from 1 to 65535");
    return out;
}

Result<model::VolumeMount> parse_volume(std::string_view text) {
    auto const refuse = [&](std::string_view why) {
        return fail(
            Errc::invalid,
            fmt::format(
                "'{}' is not a volume: {}; write /path, /host/path:/path or name:/path", text, why
            )
        );
    };
    auto parts = core::split(text, ':');
    while (parts.size() > 1 && parts.back().empty()) parts.pop_back();
    model::VolumeMount out;
    if (parts.size() == 1) {
        if (!parts[0].starts_with('/')) return refuse("it has no path in the container");
        out.path = parts[0];
        return out;
    }
    if (parts[0].empty()) return refuse("nothing stands before the first ':'");
    if (!parts[1].starts_with('/')) return refuse("the path in the container must be absolute");
    if (parts[0].starts_with('.') || parts[0].find('/') != std::string_view::npos) {
        if (!parts[0].starts_with('/')) return refuse("a path on the host must be absolute");
    }
    out.source = parts[0];
    out.path = parts[1];
    for (std::size_t i = 2; i < parts.size(); ++i) {
        if (i > 2) out.flags += ',';
        out.flags += parts[i];
    }
    return out;
}

Result<model::Link> parse_link(std::string_view text) {
    auto const parts = core::split(text, ':');
    if (parts[0].empty())
        return fail(
            Errc::invalid,
            fmt::format("'{}' is not a link: write service, service:alias or stack/service", text)
        );
    auto const alias = parts.size() > 1 && !parts[1].empty() ? parts[1] : parts[0];
    return model::Link{std::string(parts[0]), std::string(alias)};
}

Result<std::uint64_t> parse_size(std::string_view text) {
    auto const refuse =
        fail(Errc::invalid, fmt::format("'{}' is not a size: write bytes, or 64k, 512m, 2g", text));
    if (text.empty()) return refuse;
    std::uint64_t unit = 1;
    switch (text.back()) {
    case 'k':
    case 'K':
        unit = std::uint64_t{1} << 10U;
        break;
    case 'm':
    case 'M':
        unit = std::uint64_t{1} << 20U;
        break;
    case 'g':
    case 'G':
        unit = std::uint64_t{1} << 30U;
        break;
    default:
        break;
    }
    std::uint64_t number = 0;
    if (!read_number(unit == 1 ? text : text.substr(0, text.size() - 1), number)) return refuse;
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (number > kMost / unit) return refuse;
    return number * unit;
}

Result<std::int64_t> parse_interval(std::string_view text) {
    auto const refuse = fail(
        Errc::invalid, fmt::format("'{}' is not an interval: write seconds, or 5min, 2h, 1d", text)
    );
    auto const unit = std::min(text.find_first_not_of("0123456789"), text.size());
    auto const name = text.substr(unit);
    std::int64_t number = 0;
    std::int64_t factor = 0;
    if (name.empty()) factor = 1;
    if (name == "min") factor = 60;
    if (name == "h") factor = 3600;
    if (name == "d") factor = 86'400;
    if (factor == 0 || !read_number(text.substr(0, unit), number)) return refuse;
    if (number > std::numeric_limits<std::int64_t>::max() / factor) return refuse;
    return number * factor;
}

Result<std::int64_t> parse_seconds(std::string_view text) {
    std::int64_t number = 0;
    if (read_number(text, number)) return number;
    KTRY(auto const duration, core::parse_duration(text));
    return std::chrono::duration_cast<core::Seconds>(duration).count();
}

Result<std::vector<std::string>> split_command(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool started = false;
    char quote = '\0';
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        auto const next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (quote == '\'') {
            if (c == '\'')
                quote = '\0';
            else
                word += c;
        } else if (c == '\\') {
            if (i + 1 == text.size())
                return fail(Errc::invalid, "a backslash at the end escapes nothing");
            auto const special = next == '"' || next == '\\' || next == '$' || next == '`';
            if (quote == '"' && !special && next != '\n') word += c;
            if (next != '\n') word += next;
            started = started || next != '\n';
            ++i;
        } else if (quote == '"') {
            if (c == '"')
                quote = '\0';
            else
                word += c;
        } else if (c == '\'' || c == '"') {
            quote = c;
            started = true;
        } else if (c == ' ' || c == '\t' || c == '\n') {
            if (started) words.push_back(std::move(word));
            word.clear();
            started = false;
        } else {
            word += c;
            started = true;
        }
    }
    if (quote != '\0') return fail(Errc::invalid, fmt::format("a {} is not closed", quote));
    if (started) words.push_back(std::move(word));
    return words;
}

StackReference parse_stack_reference(std::string_view text) {
    StackReference out;
    auto name = text;
    if (auto const colon = text.find(':'); colon != std::string_view::npos) {
        out.version = text.substr(colon + 1);
        name = text.substr(0, colon);
    }
    if (auto const slash = name.find('/'); slash != std::string_view::npos) {
        out.user = name.substr(0, slash);
        name = name.substr(slash + 1);
    }
    out.stack = name;
    return out;
}

std::string with_tag(std::string_view image) {
    std::string out(core::trim(image));
    if (out.empty() || out.find('@') != std::string::npos) return out;
    auto const slash = out.rfind('/');
    auto const name = slash == std::string::npos ? std::string::size_type{0} : slash;
    return out.find(':', name) == std::string::npos ? out + ":latest" : out;
}

} // namespace kontena::stackfile
