#include "master/config.hpp"

#include "core/json/codec.hpp"
#include "core/yaml/load.hpp"

#include <array>
#include <charconv>

namespace kontena::master {
namespace {

using core::Errc;
using core::fail;
using core::Result;

constexpr std::size_t kMinToken = 16;

constexpr std::array kOptions = {
    sys::Option{"config", "KONTENA_MASTER_CONFIG", "FILE", "", "file with `option: value` lines"},
    sys::Option{
        "listen", "KONTENA_LISTEN", "ADDR:PORT", "0.0.0.0:9292", "where to serve the API and agents"
    },
    sys::Option{
        "data-dir", "KONTENA_DATA_DIR", "DIR", "/var/lib/kontena-master", "database and Git clones"
    },
    sys::Option{
        "tls-cert", "KONTENA_TLS_CERT", "FILE", "", "certificate chain, PEM; serves TLS when given"
    },
    sys::Option{"tls-key", "KONTENA_TLS_KEY", "FILE", "", "its private key, PEM"},
    sys::Option{
        "initial-token",
        "KONTENA_INITIAL_TOKEN",
        "TOKEN",
        "",
        "API token made at the first start",
        true
    },
    sys::Option{
        "offline-after",
        "KONTENA_OFFLINE_AFTER",
        "SECONDS",
        "10",
        "silence after which a node is offline"
    },
    sys::Option{"journal-days", "KONTENA_JOURNAL_DAYS", "DAYS", "90", "how long history is kept"},
    sys::Option{"log-level", "LOG_LEVEL", "LEVEL", "info", "debug, info, warn or error"},
    sys::Option{"log-format", "KONTENA_LOG_FORMAT", "FORMAT", "text", "text or json"},
    sys::Option{"check-config", "", "", "", "check the settings and exit"},
    sys::Option{"print-config", "", "", "", "print the settings, secrets masked, and exit"},
    sys::Option{"version", "", "", "", "print the version and exit"},
    sys::Option{"help", "", "", "", "print this and exit"},
};

Result<void> take_address(std::string const& text, Config& out) {
    auto const colon = text.rfind(':');
    auto const bad = fail(
        Errc::invalid,
        fmt::format("listen must be ADDRESS:PORT such as 0.0.0.0:9292, not '{}'", text)
    );
    if (colon == std::string::npos) return bad;
    auto const port = text.substr(colon + 1);
    auto const [end, ec] = std::from_chars(port.data(), port.data() + port.size(), out.listen_port);
    if (ec != std::errc{} || end != port.data() + port.size() || port.empty()) return bad;
    out.listen_address = text.substr(0, colon);
    if (out.listen_address.starts_with('[')) {
        out.listen_address = out.listen_address.substr(1, out.listen_address.size() - 2);
    }
    if (out.listen_address.empty()) out.listen_address = "0.0.0.0";
    return {};
}

Result<void> take_log(sys::Settings const& settings, Config& out) {
    using sys::log::Level;
    static std::map<std::string, Level> const levels = {
        {"debug", Level::debug},
        {"info", Level::info},
        {"warn", Level::warn},
        {"error", Level::error}
    };
    auto const level = levels.find(settings.text("log-level"));
    if (level == levels.end())
        return fail(Errc::invalid, "log-level must be debug, info, warn or error");
    auto const& format = settings.text("log-format");
    if (format != "text" && format != "json")
        return fail(Errc::invalid, "log-format must be text or json");
    out.log = {.level = level->second, .json = format == "json"};
    return {};
}

} // namespace

std::span<sys::Option const> options() { return kOptions; }

Result<Config> make_config(sys::Settings const& settings) {
    Config out;
    KCHECK(take_address(settings.text("listen"), out));
    KCHECK(take_log(settings, out));
    out.data_dir = settings.text("data-dir");
    if (out.data_dir.empty()) return fail(Errc::invalid, "data-dir must not be empty");
    out.tls_certificate = settings.text("tls-cert");
    out.tls_key = settings.text("tls-key");
    if (out.tls_certificate.empty() != out.tls_key.empty()) {
        return fail(Errc::invalid, "tls-cert and tls-key go together: give both or neither");
    }
    auto const& token = settings.text("initial-token");
    if (!token.empty() && token.size() < kMinToken) {
        return fail(
            Errc::invalid,
            fmt::format("KONTENA_INITIAL_TOKEN must have at least {} characters", kMinToken)
        );
    }
    out.initial_token = core::Secret<std::string>(token);
    KTRY(auto const offline, settings.number("offline-after", 2, 3600));
    out.offline_after = core::Seconds(offline);
    KTRY(auto const days, settings.number("journal-days", 1, 36'500));
    out.journal_retention = std::chrono::days(days);
    return out;
}

Result<std::map<std::string, std::string>>
read_config_file(std::string const& text, std::string const& file) {
    KTRY(auto const node, yaml::load(text, file));
    if (!node.is_map())
        return fail(Errc::invalid, fmt::format("{} must consist of `option: value` lines", file));
    std::map<std::string, std::string> out;
    for (auto const& entry : node.entries) {
        if (!entry.value.is_scalar()) {
            return fail(
                Errc::invalid,
                fmt::format(
                    "{}:{}: {} must have a plain value", file, entry.key.line, entry.key.text
                )
            );
        }
        out[entry.key.text] = entry.value.text;
    }
    return out;
}

} // namespace kontena::master
