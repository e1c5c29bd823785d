#include "reconciler/scheduler/filter.hpp"
#include "reconciler/scheduler/place.hpp"
#include "tests/support/world.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kontena::reconciler {
namespace {

using model::Strategy;

/// A grid with the given node numbers and, for service s/app, existing placements "i -> node".
struct Vector {
    std::string name;
    std::vector<int> nodes;
    int count;
    std::vector<std::pair<int, int>> existing;
    std::vector<int> expected;
};

std::vector<std::pair<int, int>> round_robin(int instances) {
    std::vector<std::pair<int, int>> out;
    for (int i = 1; i <= instances; ++i) out.emplace_back(i, (i - 1) % 10 + 1);
    return out;
}

std::vector<int> up_to(int n) {
    std::vector<int> out;
    for (int i = 1; i <= n; ++i) out.push_back(i);
    return out;
}

std::vector<int> place_vector(Vector const& v) {
    model::Grid grid{.id = core::GridId("g")};
    std::vector<std::shared_ptr<model::Node const>> nodes;
    for (auto const number : v.nodes) {
        model::Node node{.id = core::node_id(grid.id, std::to_string(number)), .number = number};
        node.connected = true;
        nodes.push_back(std::make_shared<model::Node const>(std::move(node)));
    }
    model::ServiceSpec spec;
    spec.strategy = Strategy::daemon;
    spec.instances = v.count;
    auto shared = std::make_shared<model::ServiceSpec const>(spec);
    model::Service service{.id = core::ServiceId("g/s/app")};
    service.specs.push_back({1, shared, {}, {}});
    ServiceView view{.service = std::make_shared<model::Service const>(service)};
    Cluster cluster(nodes);
    for (auto const& [number, node] : v.existing) {
        model::Assignment a{
            .id = core::instance_id(service.id, number),
            .number = number,
            .node = core::node_id(grid.id, std::to_string(node)),
            .revision = 1,
        };
        cluster.reserve(service.id, number, *cluster.find(a.node), shared);
        view.instances.push_back(
            {number, std::make_shared<model::Assignment const>(std::move(a)), nullptr}
        );
    }
    std::vector<int> out;
    for (auto const& target : place(cluster, grid, view, {}).targets)
        out.push_back(std::stoi(std::string(target.node.leaf())));
    return out;
}

class DaemonVectors : public testing::TestWithParam<Vector> {};

TEST_P(DaemonVectors, place_instances_where_the_specification_says) {
    EXPECT_EQ(place_vector(GetParam()), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Specification,
    DaemonVectors,
    testing::Values(
        Vector{"none_existing", up_to(10), 1, {}, up_to(10)},
        Vector{"all_existing", up_to(10), 1, round_robin(10), up_to(10)},
        Vector{"two_nodes_missing", up_to(8), 1, round_robin(10), up_to(8)},
        Vector{
            "two_each_and_two_nodes_missing",
            {1, 4, 5, 6, 7, 8, 9, 10},
            2,
            round_robin(20),
            {1, 7, 8, 4, 5, 6, 7, 8, 9, 10, 1, 9, 10, 4, 5, 6}
        },
        Vector{
            "three_each_and_two_nodes_missing",
            {1, 4, 5, 6, 7, 8, 9, 10},
            3,
            round_robin(30),
            {1, 5, 6, 4, 5, 6, 7, 8, 9, 10, 1, 7, 8, 4, 5, 6, 7, 8, 9, 10, 1, 9, 10, 4}
        },
        Vector{
            "crossed_and_one_missing",
            {1, 3},
            2,
            {{1, 3}, {2, 2}, {3, 1}, {4, 1}, {5, 2}, {6, 3}},
            {3, 3, 1, 1}
        },
        Vector{"partly_existing", {1, 2, 3}, 2, {{1, 1}, {2, 2}}, {1, 2, 3, 1, 2, 3}},
        Vector{"a_new_node", {1, 2, 3}, 2, {{1, 1}, {2, 2}, {3, 1}, {4, 2}}, {1, 2, 1, 2, 3, 3}},
        Vector{"two_new_nodes", up_to(10), 1, round_robin(8), up_to(10)}
    ),
    [](auto const& info) { return info.param.name; }
);

struct Placing : testing::Test {
    test::World world;

    void nodes(int count) {
        for (int i = 1; i <= count; ++i) world.add_node("n" + std::to_string(i));
    }

    void run(model::NamedService service) {
        world.apply({test::stack("s", {std::move(service)})});
        world.settle();
    }
};

TEST_F(Placing, ha_spreads_over_nodes) {
    nodes(3);
    run(test::service("app", 7));
    EXPECT_EQ(world.spread("s/app"), (std::map<std::string, int>{{"n1", 3}, {"n2", 2}, {"n3", 2}}));
}

TEST_F(Placing, services_of_one_instance_do_not_all_go_to_one_node) {
    nodes(3);
    std::vector<model::NamedService> services;
    for (auto const* name : {"a", "b", "c", "d", "e", "f"}) services.push_back(test::service(name));
    world.apply({test::stack("s", std::move(services))});
    world.settle();
    std::map<std::string, int> on_node;
    for (auto const* name : {"a", "b", "c", "d", "e", "f"})
        ++on_node[world.node_of(std::string("s/") + name, 1)];
    EXPECT_EQ(on_node, (std::map<std::string, int>{{"n1", 2}, {"n2", 2}, {"n3", 2}}));
}

TEST_F(Placing, ha_spreads_over_zones_before_nodes) {
    world.add_node("n1", {"az=a"});
    world.add_node("n2", {"az=a"});
    world.add_node("n3", {"az=b"});
    run(test::service("app", 4));
    EXPECT_EQ(world.spread("s/app"), (std::map<std::string, int>{{"n1", 1}, {"n2", 1}, {"n3", 2}}));
}

TEST_F(Placing, a_published_port_is_given_once_per_node) {
    nodes(2);
    auto app = test::service("app", 3);
    app.spec.ports = {{.node_port = 80, .container_port = 80}};
    run(app);
    EXPECT_EQ(world.numbers("s/app"), (std::vector{1, 2}));
    EXPECT_THAT(world.deploy("s/app").reason, testing::HasSubstr("host port"));
}

TEST_F(Placing, two_services_never_get_the_same_port_in_one_plan) {
    nodes(2);
    auto a = test::service("a");
    auto b = test::service("b");
    a.spec.ports = b.spec.ports = {{.node_port = 80, .container_port = 80}};
    world.apply({test::stack("s", {a, b})});
    world.settle();
    EXPECT_NE(world.node_of("s/a", 1), world.node_of("s/b", 1));
}

TEST_F(Placing, memory_is_reserved) {
    nodes(2);
    auto app = test::service("app", 5);
    app.spec.memory = 3UL << 30;
    run(app);
    EXPECT_EQ(world.spread("s/app"), (std::map<std::string, int>{{"n1", 2}, {"n2", 2}}));
}

struct AffinityCase {
    std::string name;
    std::vector<std::string> rules;
    std::vector<std::string> nodes; ///< that get an instance of a daemon service
};

class AffinityRules : public testing::TestWithParam<AffinityCase> {};

TEST_P(AffinityRules, choose_nodes) {
    test::World world;
    world.add_node("n1", {"disk=ssd", "az=a"});
    world.add_node("n2", {"disk=hdd", "az=a"});
    world.add_node("n3", {"disk=ssd", "az=b"});
    auto db = test::service("db");
    db.spec.affinity = {"node==n3"};
    auto app = test::service("app", 1, Strategy::daemon);
    app.spec.affinity = GetParam().rules;
    world.apply({test::stack("s", {db})});
    world.settle();
    world.apply({test::stack("s", {db, app})});
    world.settle();
    std::vector<std::string> got;
    for (auto const& [node, count] : world.spread("s/app")) got.push_back(node);
    EXPECT_EQ(got, GetParam().nodes);
}

INSTANTIATE_TEST_SUITE_P(
    Grammar,
    AffinityRules,
    testing::Values(
        AffinityCase{"node_equals", {"node==n2"}, {"n2"}},
        AffinityCase{"node_differs", {"node!=n2"}, {"n1", "n3"}},
        AffinityCase{"several_differ", {"node!=n1", "node!=n2"}, {"n3"}},
        AffinityCase{"node_expression", {"node==/n[13]/"}, {"n1", "n3"}},
        AffinityCase{"label_equals", {"label==disk=ssd"}, {"n1", "n3"}},
        AffinityCase{"label_combined", {"label==disk=ssd", "label==az=a"}, {"n1"}},
        AffinityCase{"hard_without_match", {"label==disk=tape"}, {}},
        AffinityCase{"soft_without_match_is_ignored", {"label==~disk=tape"}, {"n1", "n2", "n3"}},
        AffinityCase{
            "hard_then_soft_keeps_the_hard", {"node!=n1", "label==~disk=tape"}, {"n2", "n3"}
        },
        AffinityCase{"beside_a_service", {"service==db"}, {"n3"}},
        AffinityCase{"not_beside_a_service", {"service!=db"}, {"n1", "n2"}},
        AffinityCase{"service_of_another_stack", {"service==other/db"}, {}},
        AffinityCase{"beside_a_container", {"container==s.db-1"}, {"n3"}}
    ),
    [](auto const& info) { return info.param.name; }
);

TEST_F(Placing, an_instance_stays_within_the_grace_of_its_node) {
    nodes(2);
    run(test::service("app", 2));
    world.set_connected("n2", false);
    world.advance(core::Seconds(119));
    world.settle();
    EXPECT_EQ(world.node_of("s/app", 2), "n2");
    world.advance(core::Seconds(2));
    world.settle();
    EXPECT_EQ(world.node_of("s/app", 2), "n1");
}

TEST_F(Placing, reschedule_after_overrides_the_grace) {
    nodes(2);
    auto app = test::service("app", 2);
    app.spec.deploy_opts.reschedule_after = 5;
    run(app);
    world.set_connected("n2", false);
    world.advance(core::Seconds(6));
    world.settle();
    EXPECT_EQ(world.spread("s/app"), (std::map<std::string, int>{{"n1", 2}}));
}

TEST_F(Placing, a_stateful_instance_waits_for_its_node) {
    nodes(2);
    auto db = test::service("db", 2);
    db.spec.stateful = true;
    run(db);
    world.set_connected("n2", false);
    world.advance(core::Seconds(100'000));
    world.settle();
    EXPECT_EQ(world.node_of("s/db", 2), "n2");
}

TEST_F(Placing, stateful_daemons_all_stay_while_a_node_is_away) {
    nodes(3);
    auto db = test::service("db", 1, Strategy::daemon);
    db.spec.stateful = true;
    run(db);
    world.set_connected("n1", false);
    world.advance(core::Seconds(100'000));
    world.settle();
    EXPECT_EQ(world.spread("s/db"), (std::map<std::string, int>{{"n1", 1}, {"n2", 1}, {"n3", 1}}));
    world.set_availability("n2", model::Availability::drain);
    world.settle();
    EXPECT_EQ(world.spread("s/db"), (std::map<std::string, int>{{"n1", 1}, {"n2", 1}, {"n3", 1}}));
}

TEST_F(Placing, a_daemon_leaves_a_node_that_it_is_no_longer_meant_for) {
    world.add_node("n1", {"role=edge"});
    world.add_node("n2", {"role=edge"});
    world.add_node("n3", {"role=edge"});
    auto agent = test::service("agent", 1, Strategy::daemon);
    agent.spec.affinity = {"label==role=edge"};
    run(agent);
    auto node = *world.state.find<model::Node>(core::NodeId("g/n1"));
    node.labels.clear();
    world.state.put<model::Node>(std::make_shared<model::Node const>(std::move(node)));
    world.settle();
    EXPECT_EQ(world.spread("s/agent"), (std::map<std::string, int>{{"n2", 1}, {"n3", 1}}));
}

TEST_F(Placing, an_instance_of_a_removed_node_moves) {
    nodes(2);
    run(test::service("app", 2));
    world.remove_node("n2");
    world.settle();
    EXPECT_EQ(world.spread("s/app"), (std::map<std::string, int>{{"n1", 2}}));
}

TEST_F(Placing, a_drained_node_is_left_without_going_below_min_health) {
    nodes(3);
    auto app = test::service("app", 6);
    app.spec.deploy_opts.min_health = 0.8;
    run(app);
    world.set_availability("n3", model::Availability::drain);
    for (int round = 0; round < 20; ++round) {
        world.reconcile();
        EXPECT_GE(world.ready("s/app"), 5);
        world.report();
    }
    EXPECT_EQ(world.spread("s/app"), (std::map<std::string, int>{{"n1", 3}, {"n2", 3}}));
}

TEST_F(Placing, random_stays_where_it_is) {
    nodes(5);
    run(test::service("app", 4, Strategy::random));
    auto const before = world.spread("s/app");
    world.add_node("n9");
    world.settle();
    EXPECT_EQ(world.spread("s/app"), before);
}

/// Three nodes, of which two can make volumes of the driver `rexray`.
class Volumes : public testing::Test {
protected:
    Volumes() {
        for (int n = 1; n <= 3; ++n) {
            model::Node node{.id = node_at(n), .number = n, .connected = true};
            node.info.volume_drivers = {"local"};
            if (n > 1) node.info.volume_drivers.emplace_back("rexray");
            nodes_.push_back(std::make_shared<model::Node const>(std::move(node)));
        }
        cluster = Cluster(nodes_);
        spec.volumes = {{.source = "data", .path = "/data"}};
    }

    static core::NodeId node_at(int n) {
        return core::node_id(core::GridId("g"), fmt::format("n{}", n));
    }

    /// The nodes that are left for an instance of g/shop/db.
    std::vector<std::size_t> left(int number = 1) {
        Request const request{
            .service = core::ServiceId("g/shop/db"), .spec = &spec, .number = number, .current = {}
        };
        filtered = filter_nodes(cluster, {}, request);
        std::vector<std::size_t> out;
        for (auto const slot : filtered.slots) out.push_back(slot + 1);
        return out;
    }

    std::vector<std::shared_ptr<model::Node const>> nodes_;
    Cluster cluster;
    model::ServiceSpec spec;
    Filtered filtered;
};

using testing::ElementsAre;

TEST_F(Volumes, need_a_node_with_their_driver) {
    EXPECT_THAT(left(), ElementsAre(1, 2, 3)) << "what the grid does not have the engine makes";
    cluster.set_volume({.name = "data", .driver = "rexray"});
    EXPECT_THAT(left(), ElementsAre(2, 3));
    ASSERT_EQ(filtered.refusals.size(), 1U);
    EXPECT_EQ(filtered.refusals[0].filter, "volume driver");
    EXPECT_THAT(filtered.refusals[0].nodes, ElementsAre("n1"));
    cluster.set_volume({.name = "data", .driver = "flocker"});
    EXPECT_THAT(left(), ElementsAre());
}

TEST_F(Volumes, of_an_instance_draw_it_to_where_they_are) {
    cluster.set_volumes_on(node_at(3), {"shop.db.data-1"});
    EXPECT_THAT(left(1), ElementsAre(3));
    EXPECT_EQ(filtered.refusals[0].filter, "volume instance");
    EXPECT_THAT(left(2), ElementsAre(1, 2, 3)) << "that of another instance is none of its own";
}

TEST_F(Volumes, are_a_wish_and_no_condition) {
    spec.volumes.push_back({.source = "log", .path = "/log"});
    cluster.set_volumes_on(node_at(2), {"shop.db.data-1"});
    cluster.set_volumes_on(node_at(3), {"shop.db.log-1"});
    EXPECT_THAT(left(), ElementsAre(1, 2, 3)) << "no node has both";
}

TEST_F(Volumes, that_are_shared_draw_nobody) {
    for (auto const scope : {model::VolumeScope::stack, model::VolumeScope::grid}) {
        cluster.set_volume({.name = "data", .scope = scope});
        cluster.set_volumes_on(node_at(2), {"data", "shop.data", "shop.db.data-1"});
        EXPECT_THAT(left(), ElementsAre(1, 2, 3));
    }
}

TEST_F(Placing, who_uses_the_volumes_of_an_instance_is_where_that_is) {
    nodes(4);
    auto data = test::service("data", 3);
    auto backup = test::service("backup", 3);
    backup.spec.volumes_from = {"data-%s"};
    auto lost = test::service("lost", 1);
    lost.spec.volumes_from = {"data-%s", "nobody-1"};
    lost.spec.affinity = {"node==n4"};
    world.apply({test::stack("s", {data, backup, lost})});
    world.settle();
    for (int n = 1; n <= 3; ++n)
        EXPECT_EQ(world.node_of("s/backup", n), world.node_of("s/data", n)) << n;
    EXPECT_EQ(world.numbers("s/lost"), std::vector<int>{});
    EXPECT_THAT(
        world.deploy("s/lost").reason,
        testing::HasSubstr("data-1 or nobody-1, whose volumes it uses, are not there")
    );
}

TEST_F(Placing, a_stateful_daemon_keeps_its_numbers_and_data_when_another_node_is_removed) {
    nodes(4);
    auto db = test::service("db", 1, model::Strategy::daemon);
    db.spec.stateful = true;
    run(std::move(db));
    std::map<int, std::string> before;
    for (int const n : {1, 3, 4}) before[n] = world.node_of("s/db", n);
    auto const gone = world.node_of("s/db", 2);
    world.remove_node(gone);
    world.settle();
    EXPECT_EQ(world.numbers("s/db"), (std::vector<int>{1, 3, 4}));
    for (auto const& [number, node] : before) EXPECT_EQ(world.node_of("s/db", number), node);
    world.add_node("n5");
    world.settle();
    EXPECT_EQ(world.node_of("s/db", 2), "n5") << "the free number goes to the new node";
    EXPECT_EQ(world.numbers("s/db").size(), 4U);
}

TEST_F(Placing, an_instance_that_is_too_many_keeps_its_port_until_it_is_gone) {
    nodes(3);
    auto web = test::service("web", 1, model::Strategy::daemon);
    web.spec.ports = {{.node_port = 80, .container_port = 80}};
    run(std::move(web));
    world.set_connected("n1", false);
    world.set_availability("n1", model::Availability::drain);
    world.set_connected("n2", false);
    world.settle();
    EXPECT_EQ(world.spread("s/web")["n3"], 1)
        << "the third is too many, and serves: it stays for now";
}

TEST_F(Placing, daemon_follows_new_nodes) {
    nodes(2);
    run(test::service("agent", 1, Strategy::daemon));
    world.add_node("n3");
    world.settle();
    EXPECT_EQ(
        world.spread("s/agent"), (std::map<std::string, int>{{"n1", 1}, {"n2", 1}, {"n3", 1}})
    );
}

} // namespace
} // namespace kontena::reconciler
