#include "agent/config.hpp"

#include "core/base/ids.hpp"
#include "core/base/strings.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace kontena::agent {
namespace {

using core::Errc;
using core::fail;
using core::Issue;

struct Flag {
    std::string_view name;
    std::string_view value; ///< placeholder; empty = a switch
    std::string_view environment;
    std::string_view help;
};

constexpr std::array kFlags = {
    Flag{"--url", "URL", "KONTENA_URI", "master, such as https://master.example.com:9292"},
    Flag{"--data-dir", "DIR", "", "own files (/var/lib/kontena-agent)"},
    Flag{"--docker", "URL", "", "Docker Engine (unix:///var/run/docker.sock)"},
    Flag{"--name", "NAME", "KONTENA_NODE_NAME", "of this node; the engine's host name by default"},
    Flag{"--labels", "LIST", "KONTENA_NODE_LABELS", "labels of a new node: \"az=a region=eu\""},
    Flag{"--ca", "FILE", "SSL_CERT_FILE", "certificates that the master's must be signed by"},
    Flag{"--log-level", "LEVEL", "LOG_LEVEL", "debug, info, warn or error (info)"},
    Flag{"--log-format", "FORMAT", "", "text or json (text)"},
    Flag{"--check-config", "", "", "say whether the configuration is right, and exit"},
    Flag{"--version", "", "", "print the version and exit"},
    Flag{"--help", "", "", "print this and exit"},
};

/// Values by flag, from wherever they came, and what was wrong.
class Sources {
public:
    Sources(std::vector<std::string> const& arguments, Environment const& environment)
        : environment_(environment) {
        for (std::size_t i = 0; i < arguments.size(); ++i) take(arguments, i);
    }

    bool given(std::string_view flag) const { return values_.contains(std::string(flag)); }

    std::string get(std::string_view flag, std::string fallback = {}) const {
        if (auto const it = values_.find(std::string(flag)); it != values_.end()) return it->second;
        auto const* known = std::ranges::find(kFlags, flag, &Flag::name);
        auto value = variable(known->environment);
        return value.empty() ? fallback : value;
    }

    std::string variable(std::string_view name) const {
        auto const it = environment_.find(std::string(name));
        return it == environment_.end() ? std::string{} : std::string(core::trim(it->second));
    }

    void refuse(std::string path, std::string reason) {
        issues_.push_back({.path = std::move(path), .reason = std::move(reason)});
    }

    std::vector<Issue> const& issues() const { return issues_; }

private:
    void take(std::vector<std::string> const& arguments, std::size_t& i) {
        std::string_view const argument = arguments[i];
        auto const equals = argument.find('=');
        auto const name = argument.substr(0, equals);
        auto const* known = std::ranges::find(kFlags, name, &Flag::name);
        if (known == kFlags.end()) {
            std::vector<std::string_view> names;
            for (auto const& flag : kFlags) names.push_back(flag.name);
            return refuse(std::string(name), "unknown option" + core::suggestion(name, names));
        }
        if (known->value.empty()) {
            if (equals != std::string_view::npos) refuse(std::string(name), "takes no value");
            values_[std::string(name)] = "1";
        } else if (equals != std::string_view::npos) {
            values_[std::string(name)] = argument.substr(equals + 1);
        } else if (i + 1 < arguments.size()) {
            values_[std::string(name)] = arguments[++i];
        } else {
            refuse(std::string(name), fmt::format("needs a value: {} {}", name, known->value));
        }
    }

    Environment const& environment_;
    std::map<std::string, std::string> values_;
    std::vector<Issue> issues_;
};

void read_url(Sources& in, Config& out) {
    auto const text = in.get("--url");
    if (text.empty()) return in.refuse("--url", "is missing; set it or KONTENA_URI");
    auto url = net::parse_url(text);
    if (!url) return in.refuse("--url", url.error().message);
    constexpr std::array<std::string_view, 4> schemes{"http", "https", "ws", "wss"};
    if (std::ranges::find(schemes, url->scheme) == schemes.end())
        return in.refuse("--url", "must begin with " + core::choices(schemes));
    if (!url->user.empty() || !url->password.empty() || !url->query.empty())
        return in.refuse("--url", "has no user, password or query; the token goes elsewhere");
    while (url->path.ends_with('/')) url->path.pop_back();
    url->path += "/v1/agent";
    out.url = std::move(*url);
}

void read_docker(Sources& in, Config& out) {
    out.docker = in.get("--docker", out.docker);
    constexpr std::array<std::string_view, 4> schemes{"unix://", "tcp://", "http://", "https://"};
    auto const fits = [&](std::string_view scheme) { return out.docker.starts_with(scheme); };
    if (std::ranges::none_of(schemes, fits))
        in.refuse("--docker", "must begin with " + core::choices(schemes));
}

void read_identity(Sources& in, Config& out) {
    out.name = in.get("--name");
    if (!out.name.empty() && !core::valid_name(out.name))
        in.refuse("--name", "must consist of letters, digits, _ and -, at most 63");
    auto text = in.get("--labels");
    std::ranges::replace_if(text, [](char c) { return c == ',' || c == '\t' || c == '\n'; }, ' ');
    for (auto const label : core::split(text, ' ')) {
        if (!label.empty()) out.labels.emplace_back(label);
    }
    out.node_id = in.variable("KONTENA_NODE_ID");
    out.private_ip = in.variable("KONTENA_PRIVATE_IP");
    out.public_ip = in.variable("KONTENA_PUBLIC_IP");
    out.node_token = core::Secret(in.variable("KONTENA_NODE_TOKEN"));
    out.grid_token = core::Secret(in.variable("KONTENA_TOKEN"));
    if (out.node_token.empty() && out.grid_token.empty())
        in.refuse("token", "is missing; set KONTENA_NODE_TOKEN or KONTENA_TOKEN");
}

void read_log(Sources& in, Config& out) {
    using sys::log::Level;
    auto level = in.get("--log-level", "info");
    std::ranges::transform(level, level.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    constexpr std::array<std::string_view, 4> levels{"debug", "info", "warn", "error"};
    auto const* found = std::ranges::find(levels, level);
    if (found == levels.end()) {
        in.refuse("--log-level", "must be " + core::choices(levels));
    } else {
        out.log.level = static_cast<Level>(found - levels.begin());
    }
    auto const format = in.get("--log-format", "text");
    if (format != "text" && format != "json") in.refuse("--log-format", "must be text or json");
    out.log.json = format == "json";
}

} // namespace

net::Headers Config::token_header() const {
    if (!node_token.empty()) return {{"Kontena-Node-Token", node_token.reveal()}};
    return {{"Kontena-Grid-Token", grid_token.reveal()}};
}

core::Result<CommandLine>
load_config(std::vector<std::string> const& arguments, Environment const& environment) {
    Sources in(arguments, environment);
    CommandLine out;
    if (in.given("--help")) out.mode = Mode::help;
    if (in.given("--version")) out.mode = Mode::version;
    if (out.mode == Mode::run) {
        if (in.given("--check-config")) out.mode = Mode::check_config;
        out.config.data_dir = in.get("--data-dir", out.config.data_dir);
        out.config.tls.ca_file = in.get("--ca");
        read_url(in, out.config);
        read_docker(in, out.config);
        read_identity(in, out.config);
        read_log(in, out.config);
    }
    if (in.issues().empty()) return out;
    return fail(Errc::invalid, "the configuration is not usable", in.issues());
}

std::string usage() {
    std::string out = "kontena-agent: runs what the master assigned to this host\n\n";
    for (auto const& flag : kFlags) {
        auto const left = fmt::format("{} {}", flag.name, flag.value);
        out += fmt::format("  {:<22} {}", left, flag.help);
        if (!flag.environment.empty()) out += fmt::format(" [{}]", flag.environment);
        out += '\n';
    }
    out += "\nThe token comes from KONTENA_NODE_TOKEN or, for the whole grid, KONTENA_TOKEN.\n"
           "Also: KONTENA_NODE_ID, KONTENA_PRIVATE_IP, KONTENA_PUBLIC_IP.\n";
    return out;
}

} // namespace kontena::agent
