#include "core/base/time.hpp"
#include "core/json/codec.hpp"
#include "stackfile/grammar.hpp"
#include "stackfile/normalise/normalise.hpp"

#include <algorithm>

namespace kontena::stackfile {

using yaml::Kind;
using yaml::YamlNode;

namespace {

/// Typed look-ups in a map; wrong kinds count as absent.
class Fields {
public:
    explicit Fields(YamlNode const* map)
        : map_(map) {}

    YamlNode const* find(std::string_view key) const {
        auto const* node = map_ == nullptr ? nullptr : map_->find(key);
        return node == nullptr || node->is_null() ? nullptr : node;
    }

    std::string text(std::string_view key) const {
        auto const* node = find(key);
        return node == nullptr || !node->is_scalar() ? std::string() : node->text;
    }

    bool flag(std::string_view key) const {
        auto const* node = find(key);
        return node != nullptr && node->boolean;
    }

    template <class T>
    void integer(std::string_view key, T& out) const {
        auto const* node = find(key);
        if (node != nullptr && node->kind == Kind::integer)
            out = static_cast<T>(std::clamp<std::int64_t>(
                node->integer, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()
            ));
    }

    template <class T>
    void integer(std::string_view key, std::optional<T>& out) const {
        auto const* node = find(key);
        if (node != nullptr && node->kind == Kind::integer) integer(key, out.emplace());
    }

    std::optional<double> number(std::string_view key) const {
        auto const* node = find(key);
        if (node != nullptr && node->kind == Kind::real) return node->real;
        if (node != nullptr && node->kind == Kind::integer)
            return static_cast<double>(node->integer);
        return std::nullopt;
    }

    /// A port that is out of range becomes 0, which no service may have.
    std::optional<std::uint16_t> port(std::string_view key) const {
        std::optional<std::int64_t> wide;
        integer(key, wide);
        if (!wide) return std::nullopt;
        return *wide < 0 || *wide > 65'535 ? std::uint16_t{0} : static_cast<std::uint16_t>(*wide);
    }

    template <class Parse>
    auto parsed(std::string_view key, Parse parse) const {
        using T = typename std::invoke_result_t<Parse, std::string_view>::value_type;
        std::optional<T> out;
        auto const* node = find(key);
        if (node == nullptr || !node->is_scalar()) return out;
        if (auto value = parse(yaml::canonical(*node))) out = std::move(*value);
        return out;
    }

    /// One item per item of the list, a default one where `parse` refuses.
    template <class Parse>
    auto items(std::string_view key, Parse parse) const {
        using T = typename std::invoke_result_t<Parse, std::string_view>::value_type;
        std::vector<T> out;
        auto const* node = find(key);
        if (node == nullptr) return out;
        for (auto const& item : node->items) {
            auto value = parse(item.text);
            out.push_back(value ? std::move(*value) : T{});
        }
        return out;
    }

    std::vector<std::string> texts(std::string_view key) const {
        return items(key, [](std::string_view text) { return core::Result<std::string>(text); });
    }

private:
    YamlNode const* map_;
};

std::vector<std::string> environment(YamlNode const* node) {
    std::vector<std::string> out;
    if (node == nullptr) return out;
    for (auto const& [key, value] : node->entries)
        out.push_back(key.text + "=" + yaml::canonical(value));
    for (auto const& item : node->items) out.push_back(item.text);
    return out;
}

model::Link link_of(YamlNode const& item) {
    auto out = parse_link(item.is_map() ? Fields(&item).text("name") : item.text);
    if (!out) return {};
    if (auto const alias = Fields(&item).text("alias"); !alias.empty()) out->alias = alias;
    return *out;
}

/// Links, then what `depends_on` adds to them.
std::vector<model::Link> links(Fields const& fields) {
    std::vector<model::Link> out;
    for (auto const* key : {"links", "depends_on"}) {
        auto const* list = fields.find(key);
        if (list == nullptr) continue;
        for (auto const& item : list->items) {
            auto const link = link_of(item);
            if (!link.name.empty() && std::ranges::find(out, link) == out.end())
                out.push_back(link);
        }
    }
    return out;
}

/// Named volumes get the name that the top-level section gives them.
std::vector<model::VolumeMount> mounts(Fields const& fields, YamlNode const* volumes) {
    auto out = fields.items("volumes", parse_volume);
    for (auto& mount : out) {
        auto const* declared = volumes == nullptr ? nullptr : volumes->find(mount.source);
        if (!mount.named() || declared == nullptr) continue;
        auto const* external = declared->find("external");
        if (external == nullptr) continue;
        if (auto const* name = external->find("name")) mount.source = name->text;
    }
    return out;
}

model::HealthCheck health_check(Fields const& fields) {
    model::HealthCheck out;
    out.protocol = json::enum_from<model::HealthProtocol>(fields.text("protocol"))
                       .value_or(model::HealthProtocol::http);
    out.port = fields.port("port").value_or(0);
    if (auto const uri = fields.text("uri"); !uri.empty()) out.uri = uri;
    fields.integer("timeout", out.timeout);
    fields.integer("interval", out.interval);
    fields.integer("initial_delay", out.initial_delay);
    return out;
}

void deploy(Fields const& fields, model::ServiceSpec& out) {
    out.strategy =
        json::enum_from<model::Strategy>(fields.text("strategy")).value_or(model::Strategy::ha);
    auto& options = out.deploy_opts;
    options.wait_for_port = fields.port("wait_for_port");
    options.min_health = fields.number("min_health").value_or(options.min_health);
    options.interval = fields.parsed("interval", parse_interval);
    if (options.interval == 0) options.interval.reset();
    options.reschedule_after = fields.parsed("reschedule_after", parse_seconds);
}

void logging(Fields const& fields, model::ServiceSpec& out) {
    out.log_driver = fields.text("driver");
    if (auto const* options = fields.find("options"))
        for (auto const& [key, value] : options->entries)
            out.log_opts[key.text] = yaml::canonical(value);
}

} // namespace

model::ServiceSpec normalise_service(YamlNode const& service, YamlNode const* volumes) {
    Fields const fields(&service);
    model::ServiceSpec out;
    out.image = with_tag(fields.text("image"));
    out.stateful = fields.flag("stateful");
    fields.integer("instances", out.instances);
    out.user = fields.text("user");
    out.entrypoint = fields.text("entrypoint");
    out.cmd = fields.parsed("command", split_command).value_or(std::vector<std::string>{});
    out.env = environment(fields.find("environment"));
    out.ports = fields.items("ports", parse_port);
    out.volumes = mounts(fields, volumes);
    out.affinity = fields.texts("affinity");
    out.links = links(fields);
    deploy(Fields(fields.find("deploy")), out);
    if (auto const* check = fields.find("health_check");
        check != nullptr && !check->entries.empty())
        out.health_check = health_check(Fields(check));
    out.cpus = fields.number("cpus");
    fields.integer("cpu_shares", out.cpu_shares);
    out.memory = fields.parsed("mem_limit", parse_size);
    out.memory_swap = fields.parsed("memswap_limit", parse_size);
    if (!out.memory_swap) out.memory_swap = fields.parsed("mem_swaplimit", parse_size);
    out.shm_size = fields.parsed("shm_size", parse_size);
    out.privileged = fields.flag("privileged");
    out.read_only = fields.flag("read_only");
    out.cap_add = fields.texts("cap_add");
    out.cap_drop = fields.texts("cap_drop");
    if (auto const mode = fields.text("network_mode"); !mode.empty()) out.net = mode;
    out.pid = fields.text("pid");
    logging(Fields(fields.find("logging")), out);
    out.stop_signal = fields.text("stop_signal");
    out.stop_grace_period =
        fields.parsed("stop_grace_period", parse_seconds).value_or(out.stop_grace_period);
    return out;
}

} // namespace kontena::stackfile
