#include "agent/pods/container_config.hpp"
#include "core/json/codec.hpp"
#include "core/sys/files.hpp"
#include "reconciler/node/identity.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace kontena::agent {
namespace {

wire::PodSpec pod(model::ServiceSpec spec) {
    wire::PodSpec out{
        .id = core::InstanceId("g/shop/db/2"),
        .service = core::ServiceId("g/shop/db"),
        .grid = "g",
        .stack = "shop",
        .name = "db",
        .number = 2,
        .revision = 7,
    };
    out.spec = std::make_shared<model::ServiceSpec const>(std::move(spec));
    return out;
}

model::ServiceSpec everything() {
    model::ServiceSpec spec;
    spec.image = "registry:5000/db:9";
    spec.stateful = true;
    spec.user = "postgres";
    spec.entrypoint = "/init";
    spec.cmd = {"serve", "--fast"};
    spec.env = {"A=1", "EMPTY="};
    spec.ports = {
        {.node_port = 5432, .container_port = 5432},
        {.ip = "10.0.0.1", .protocol = model::Protocol::udp, .node_port = 53, .container_port = 53},
    };
    spec.volumes = {
        {.source = "data", .path = "/data"},
        {.source = "/etc/hosts", .path = "/hosts", .flags = "ro"},
        {.path = "/cache"},
    };
    spec.cpus = 1.5;
    spec.cpu_shares = 512;
    spec.memory = 1U << 28U;
    spec.memory_swap = 1U << 29U;
    spec.shm_size = 1U << 20U;
    spec.privileged = true;
    spec.read_only = true;
    spec.cap_add = {"NET_ADMIN"};
    spec.cap_drop = {"MKNOD"};
    spec.pid = "host";
    spec.log_driver = "json-file";
    spec.log_opts = {{"max-size", "10m"}};
    spec.stop_signal = "SIGINT";
    spec.stop_grace_period = 30;
    return spec;
}

/// Compares with a file; UPDATE_GOLDEN=1 writes it anew.
void expect_golden(std::string const& name, std::string const& text) {
    auto const path = "tests/data/agent/" + name;
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        ASSERT_TRUE(sys::write_file(path, text));
        return;
    }
    auto const golden = sys::read_file(path);
    ASSERT_TRUE(golden) << to_string(golden.error());
    EXPECT_EQ(*golden, text);
}

TEST(Blueprint, OfAFullSpecIsTheGoldenCreateRequest) {
    auto const out = make_blueprint(pod(everything()), "n1", {"/var/lib/db", "/data"});
    ASSERT_TRUE(out);
    EXPECT_EQ(out->name, "shop.db-2");
    expect_golden("create_full.json", json::pretty(json::encode(out->config)));
}

TEST(Blueprint, OfAMinimalSpecIsTheGoldenCreateRequest) {
    model::ServiceSpec spec;
    spec.image = "app:1";
    auto const out = make_blueprint(pod(spec), "n1", {"/ignored"});
    ASSERT_TRUE(out);
    EXPECT_TRUE(out->volumes.empty());
    expect_golden("create_minimal.json", json::pretty(json::encode(out->config)));
}

TEST(Blueprint, VolumesOfAStatefulServiceOutliveTheContainer) {
    auto const out = make_blueprint(pod(everything()), "n1", {"/var/lib/db", "/data"});
    std::vector<std::string> names;
    for (auto const& volume : out->volumes) names.push_back(volume.name);
    auto const id = pod({}).id;
    using namespace reconciler::node;
    EXPECT_EQ(
        names,
        (std::vector<std::string>{
            "shop.db.data-2",
            anonymous_volume_name(id, "/cache"),
            anonymous_volume_name(id, "/var/lib/db"),
        })
    );
    EXPECT_TRUE(out->config.Volumes.empty());
    auto changed = everything();
    changed.image = "db:10";
    auto const next = make_blueprint(pod(changed), "n1", {"/var/lib/db", "/data"});
    EXPECT_EQ(next->config.HostConfig.Binds, out->config.HostConfig.Binds);
}

TEST(Blueprint, AnonymousVolumesOfAStatelessServiceAreTheEnginesOwn) {
    model::ServiceSpec spec;
    spec.volumes = {{.path = "/tmp/work"}};
    auto const out = make_blueprint(pod(spec), "n1", {});
    EXPECT_TRUE(out->volumes.empty());
    EXPECT_TRUE(out->config.Volumes.contains("/tmp/work"));
}

TEST(Blueprint, OfAHostNetworkHasNeitherPortsNorHostname) {
    auto spec = everything();
    spec.net = "host";
    auto const out = make_blueprint(pod(spec), "n1", {});
    EXPECT_TRUE(out->config.ExposedPorts.empty());
    EXPECT_TRUE(out->config.Hostname.empty());
    EXPECT_EQ(out->config.HostConfig.NetworkMode, "host");
}

TEST(Blueprint, AnEnvironmentStringThatIsTooLongIsRefused) {
    model::ServiceSpec spec;
    spec.env = {"BIG=" + std::string(kMaxEnvironmentString - 4, 'x')};
    EXPECT_TRUE(make_blueprint(pod(spec), "n1", {}));
    spec.env[0] += 'x';
    auto const out = make_blueprint(pod(spec), "n1", {});
    ASSERT_FALSE(out);
    EXPECT_EQ(
        out.error().message,
        "environment variable BIG is too large: 131073 bytes, at most 131072 are possible"
    );
}

TEST(SpecDigest, CountsOnlyWhatIsSaid) {
    using reconciler::node::spec_digest;
    model::ServiceSpec spec;
    spec.image = "app:1";
    auto const before = spec_digest(spec);
    spec.instances = 7;
    EXPECT_EQ(spec_digest(spec), before) << "the number of instances replaces no container";
    spec.env = {"A=1"};
    EXPECT_NE(spec_digest(spec), before);
    // The digest of containers that exist in the field: it must never change.
    model::ServiceSpec plain;
    plain.image = "nginx:1.25";
    EXPECT_EQ(spec_digest(plain), "32259eab13d9feae4802146b1ad0cdcc88229f08");
}

TEST(Identify, TakesOnlyCompleteContainersOfTheGrid) {
    using reconciler::node::identify;
    auto const made = *make_blueprint(pod(everything()), "n1", {});
    auto const labels = made.config.Labels;
    auto const found = identify("shop.db-2", labels, "g");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id.str(), "g/shop/db/2");
    EXPECT_EQ(found->revision, 7);
    EXPECT_EQ(found->stop_grace_period, 30);
    EXPECT_TRUE(found->stateful);
    EXPECT_EQ(found->digest, reconciler::node::spec_digest(everything()));
    EXPECT_FALSE(identify("shop.db-2", labels, "h")) << "another grid";
    EXPECT_FALSE(identify("shop.db-2", labels, "")) << "the grid is not known";
    EXPECT_FALSE(identify("copy", labels, "g")) << "made from a committed image";
    EXPECT_FALSE(identify("shop.db-2", {}, "g"));
    for (auto const& [key, value] : labels) {
        auto spoiled = labels;
        spoiled[key] = "x";
        bool const vital = key != reconciler::node::label::service_name &&
                           key != reconciler::node::label::stack_name &&
                           key != reconciler::node::label::spec_digest &&
                           key != reconciler::node::label::stateful &&
                           key != reconciler::node::label::stop_grace_period;
        EXPECT_EQ(identify("shop.db-2", spoiled, "g").has_value(), !vital) << key;
    }
}

} // namespace
} // namespace kontena::agent
