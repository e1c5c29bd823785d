#include "agent/node_info.hpp"

#include "core/net/url.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>

#include <cstring>
#include <ifaddrs.h>
#include <netinet/in.h>

namespace kontena::agent {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::udp;

/// Connecting a UDP socket sends nothing, but the system picks the local address.
std::string address_towards(std::string const& peer) {
    auto const url = net::parse_url("http://" + peer);
    if (!url) return {};
    boost::system::error_code ec;
    auto const remote = boost::asio::ip::make_address(url->host, ec);
    if (ec || remote.is_loopback()) return {};
    boost::asio::io_context context;
    udp::socket socket(context);
    socket.connect(udp::endpoint(remote, url->port), ec);
    if (ec) return {};
    auto const local = socket.local_endpoint(ec).address();
    return ec || local.is_loopback() ? std::string{} : local.to_string();
}

/// The first IPv4 address of an interface that is up and not a bridge of the engine's.
std::string first_address() {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return {};
    std::string out;
    for (auto const* item = all; item != nullptr && out.empty(); item = item->ifa_next) {
        if (item->ifa_addr == nullptr || item->ifa_addr->sa_family != AF_INET) continue;
        std::string_view const name = item->ifa_name;
        if (name == "lo" || name.starts_with("docker") || name.starts_with("br-")) continue;
        sockaddr_in raw{};
        std::memcpy(&raw, item->ifa_addr, sizeof(raw));
        out = boost::asio::ip::address_v4(ntohl(raw.sin_addr.s_addr)).to_string();
    }
    ::freeifaddrs(all);
    return out;
}

} // namespace

model::NodeInfo
node_info(docker::SystemInfo const& engine, Config const& config, std::string const& peer) {
    model::NodeInfo out{
        .os = engine.OperatingSystem,
        .kernel_version = engine.KernelVersion,
        .driver = engine.Driver,
        .engine_root_dir = engine.DockerRootDir,
        .docker_version = engine.ServerVersion,
        .agent_version = KONTENA_VERSION,
        .private_ip = config.private_ip,
        .public_ip = config.public_ip,
        .mem_total = engine.MemTotal,
        .cpus = engine.NCPU,
        .volume_drivers = engine.Plugins.Volume,
    };
    if (out.private_ip.empty()) out.private_ip = address_towards(peer);
    if (out.private_ip.empty()) out.private_ip = first_address();
    return out;
}

} // namespace kontena::agent
