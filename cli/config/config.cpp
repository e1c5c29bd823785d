#include "cli/config/config.hpp"

#include "core/json/codec.hpp"
#include "core/sys/files.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace kontena::cli {

namespace bj = boost::json;
using core::Errc;
using core::Result;

namespace {

constexpr std::uint32_t kPrivate = 0600;

std::string value_of(EnvLookup const& env, std::string_view name) { return env(name).value_or(""); }

void make_names_unique(Config& config) {
    for (std::size_t i = 0; i < config.servers.size(); ++i) {
        auto const wanted = config.servers[i].name;
        auto const taken = [&](std::string const& name) {
            return std::ranges::any_of(
                config.servers.begin(),
                config.servers.begin() + static_cast<std::ptrdiff_t>(i),
                [&](Server const& other) { return other.name == name; }
            );
        };
        for (int n = 2; taken(config.servers[i].name); ++n)
            config.servers[i].name = fmt::format("{}-{}", wanted, n);
    }
}

/// `https://host:9292/` and `https://host:9292` are the same master.
std::string_view without_slash(std::string_view url) {
    while (url.ends_with('/')) url.remove_suffix(1);
    return url;
}

} // namespace

Server const* Config::find(std::string_view name) const {
    auto const found = std::ranges::find(servers, name, &Server::name);
    return found == servers.end() ? nullptr : &*found;
}

Server* Config::find(std::string_view name) {
    auto const found = std::ranges::find(servers, name, &Server::name);
    return found == servers.end() ? nullptr : &*found;
}

Server& Config::put(Server server) {
    if (auto* known = find(server.name)) return *known = std::move(server);
    return servers.emplace_back(std::move(server));
}

Result<Config> parse_config(std::string_view text) {
    KTRY(auto const value, json::parse(text));
    KTRY(auto config, json::decode<Config>(value));
    auto const* object = value.if_object();
    if (object != nullptr && object->contains("server") && !object->contains("servers")) {
        KTRY(auto server, json::decode<Server>(object->at("server")));
        server.name = "default";
        config.current_server = "default";
        config.servers.push_back(std::move(server));
    }
    make_names_unique(config);
    return config;
}

std::string print_config(Config const& config) {
    auto value = json::encode(config);
    auto& object = value.as_object();
    if (config.find(config.current_server) == nullptr) object["current_server"] = nullptr;
    if (config.current_account.empty()) object.erase("current_account");
    for (auto& item : object["servers"].as_array()) {
        auto& server = item.as_object();
        if (server["account"] == "master") server.erase("account");
        for (auto const* key : {"username", "grid", "token", "ca_file"})
            if (server[key] == "") server.erase(key);
        for (auto const* key : {"refresh_token", "token_expires_at"})
            if (server[key].is_null()) server.erase(key);
    }
    return json::pretty(value);
}

Result<Session> select_server(Config const& config, EnvLookup const& env) {
    Session out;
    auto const url = value_of(env, "KONTENA_URL");
    auto const master = value_of(env, "KONTENA_MASTER");
    if (!url.empty()) {
        auto const known = std::ranges::find_if(config.servers, [&](Server const& server) {
            return without_slash(server.url) == without_slash(url);
        });
        if (known != config.servers.end())
            out.server = *known;
        else
            out.server = {.name = master.empty() ? "default" : master, .url = url};
        out.from_env = true;
    } else {
        auto const* known = master.empty() ? nullptr : config.find(master);
        if (!master.empty() && known == nullptr)
            return core::fail(
                Errc::not_found,
                fmt::format(
                    "KONTENA_MASTER names the master '{}', which is not in the configuration",
                    master
                )
            );
        if (known == nullptr) known = config.find(config.current_server);
        if (known == nullptr)
            return core::fail(
                Errc::not_found,
                "You are not logged into a Kontena Master. Log in with: kontena master login "
                "--token TOKEN URL"
            );
        out.server = *known;
    }
    if (auto const token = value_of(env, "KONTENA_TOKEN"); !token.empty()) {
        out.server.token = token;
        out.server.refresh_token.reset();
        out.server.token_expires_at.reset();
    }
    if (auto const grid = value_of(env, "KONTENA_GRID"); !grid.empty()) out.server.grid = grid;
    return out;
}

Trust trust_for(
    Server const& server,
    std::string_view host,
    EnvLookup const& env,
    std::function<bool(std::string const&)> const& exists
) {
    Trust out;
    out.verify = value_of(env, "SSL_IGNORE_ERRORS") != "true";
    auto const home = value_of(env, "HOME");
    auto const own = fmt::format("{}/.kontena/certs/{}.pem", home, host);
    if (!server.ca_file.empty()) {
        out.ca_file = server.ca_file;
    } else if (!home.empty() && host.find('/') == std::string_view::npos && exists(own)) {
        out.ca_file = own;
    } else {
        out.ca_file = value_of(env, "SSL_CERT_FILE");
    }
    return out;
}

std::filesystem::path config_path(EnvLookup const& env) {
    auto const given = value_of(env, "KONTENA_CONFIG");
    if (!given.empty()) return given;
    return std::filesystem::path(value_of(env, "HOME")) / ".kontena_client.json";
}

Result<Config> load_config(std::filesystem::path const& path) {
    auto const text = sys::read_file(path);
    if (!text && text.error().code == Errc::not_found) return Config{};
    if (!text) return text.error();
    if (text->find_first_not_of(" \n\t\r") == std::string::npos) return Config{};
    auto config = parse_config(*text);
    if (!config)
        return std::move(config.error())
            .with_context(fmt::format("reading the configuration {}", path.string()));
    return config;
}

Result<> save_config(std::filesystem::path const& path, Config const& config) {
    return sys::write_file(path, print_config(config), kPrivate);
}

} // namespace kontena::cli
