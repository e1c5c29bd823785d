#pragma once

#include "core/base/result.hpp"
#include "core/base/secret.hpp"
#include "core/net/http.hpp"
#include "core/net/stream.hpp"
#include "core/net/url.hpp"
#include "core/sys/log.hpp"

#include <map>
#include <string>
#include <vector>

namespace kontena::agent {

using Environment = std::map<std::string, std::string>;

/// Everything that can be set. Flags win over the environment.
struct Config {
    net::Url url; ///< of the agent channel
    std::string data_dir = "/var/lib/kontena-agent";
    std::string docker = "unix:///var/run/docker.sock";
    std::string name;    ///< empty = the engine's
    std::string node_id; ///< empty = the engine's
    std::vector<std::string> labels;
    std::string private_ip;
    std::string public_ip;
    core::Secret<std::string> node_token; ///< wins over the grid's
    core::Secret<std::string> grid_token;
    net::TlsClientOptions tls;
    sys::log::Options log;

    net::Headers token_header() const;
};

enum class Mode { run, check_config, version, help };

struct CommandLine {
    Mode mode = Mode::run;
    Config config; ///< of run and check_config
};

/// Pure. Errc::invalid with all that is wrong as issues.
core::Result<CommandLine>
load_config(std::vector<std::string> const& arguments, Environment const& environment);

/// The text of --help.
std::string usage();

} // namespace kontena::agent
