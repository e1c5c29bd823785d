#pragma once

#include "core/base/result.hpp"
#include "core/base/secret.hpp"
#include "core/base/time.hpp"
#include "core/sys/log.hpp"
#include "core/sys/options.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace kontena::master {

/// How a master runs. Immutable after start.
struct Config {
    std::string listen_address = "0.0.0.0";
    std::uint16_t listen_port = 9292;
    std::filesystem::path data_dir;
    std::string tls_certificate;
    std::string tls_key;
    core::Secret<std::string> initial_token; ///< admin token of the first start
    core::Seconds offline_after{10};
    core::Seconds journal_retention{0};
    sys::log::Options log;

    std::filesystem::path database() const { return data_dir / "master.db"; }
};

std::span<sys::Option const> options();

/// Checks what was set and makes a Config of it.
core::Result<Config> make_config(sys::Settings const& settings);

/// The `key: value` lines of a configuration file.
core::Result<std::map<std::string, std::string>>
read_config_file(std::string const& text, std::string const& file);

} // namespace kontena::master
