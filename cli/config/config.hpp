#pragma once

#include "core/base/result.hpp"

#include <boost/describe.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kontena::cli {

using EnvLookup = std::function<std::optional<std::string>(std::string_view)>;

/// A master that the user has logged in to.
struct Server {
    std::string name;
    std::string url;
    std::string username;
    std::string grid;
    std::string account = "master";
    std::string token;
    std::optional<std::string> refresh_token;
    std::optional<std::int64_t> token_expires_at;
    std::string ca_file; ///< trusted instead of the system's authorities
};
BOOST_DESCRIBE_STRUCT(
    Server,
    (),
    (name, url, username, grid, account, token, refresh_token, token_expires_at, ca_file)
)

/// `~/.kontena_client.json`. Accounts of other versions are kept as they are.
struct Config {
    std::string current_server = "default";
    std::string current_account;
    std::vector<Server> servers;
    std::vector<boost::json::value> accounts;

    Server* find(std::string_view name);
    Server const* find(std::string_view name) const;
    /// Adds the server or replaces the one of its name.
    Server& put(Server server);
};
BOOST_DESCRIBE_STRUCT(Config, (), (current_server, current_account, servers, accounts))

/// Also reads the oldest form, which knows one server only; gives repeated names a number.
core::Result<Config> parse_config(std::string_view text);
std::string print_config(Config const& config);

/// The master and grid that a command works with, from KONTENA_URL, KONTENA_MASTER,
/// KONTENA_TOKEN and KONTENA_GRID in front of the file.
struct Session {
    Server server;
    bool from_env = false; ///< KONTENA_URL names the master: nothing is written to the file
};

/// Errc::not_found with advice when no master is selected.
core::Result<Session> select_server(Config const& config, EnvLookup const& env);

/// How to trust the master of a session: the server's own file, SSL_CERT_FILE, or
/// `~/.kontena/certs/HOST.pem` when `exists` says so.
struct Trust {
    std::string ca_file;
    bool verify = true;
};

Trust trust_for(
    Server const& server,
    std::string_view host,
    EnvLookup const& env,
    std::function<bool(std::string const&)> const& exists
);

/// KONTENA_CONFIG, or `~/.kontena_client.json`.
std::filesystem::path config_path(EnvLookup const& env);

/// A missing file is an empty configuration.
core::Result<Config> load_config(std::filesystem::path const& path);
/// With mode 0600: it holds tokens.
core::Result<> save_config(std::filesystem::path const& path, Config const& config);

} // namespace kontena::cli
