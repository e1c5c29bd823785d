"""Instances go back to a host that has nothing to do, when somebody wants that, and just as it was shown."""

def spread(cluster, service):
    counts = {}
    for container in cluster.running(service):
        counts[container.host] = counts.get(container.host, 0) + 1
    return counts


def stack(cluster, instances=4):
    return f"""
        stack: shop
        services:
          web:
            image: {cluster.image("web:1")}
            instances: {instances}
        """


def node_names(cluster):
    listed = cluster.cli("node", "list", "--format", "json").json()
    return sorted(node["name"] for node in listed["nodes"])


def test_a_host_that_came_back_gets_its_share_by_a_plan(cluster):
    names = node_names(cluster)
    cluster.cli("node", "update", names[2], "--availability", "drain")
    cluster.apply(stack(cluster), "--wait")
    cluster.wait_running("shop/web", 4)
    assert sorted(spread(cluster, "shop/web").values()) == [2, 2]
    cluster.cli("node", "update", names[2], "--availability", "active")
    before = cluster.ids("shop/web")

    planned = cluster.cli("grid", "rebalance", "--format", "json").json()["plan"]
    assert [action["kind"] for action in planned["actions"]] == ["move"]
    assert cluster.ids("shop/web") == before, "a plan moves nothing"
    assert "kontena plan apply" in cluster.cli("grid", "rebalance").text

    cluster.cli("plan", "apply", planned["hash"], "--wait")
    cluster.wait_running("shop/web", 4)
    assert sorted(spread(cluster, "shop/web").values()) == [1, 1, 2]
    assert len(before.items() & cluster.ids("shop/web").items()) == 3, "one moved, the others were left alone"
    assert "No move" in cluster.cli("grid", "rebalance").text


def test_a_rebalance_that_was_overtaken_is_refused(cluster):
    names = node_names(cluster)
    cluster.cli("node", "update", names[2], "--availability", "drain")
    cluster.apply(stack(cluster), "--wait")
    cluster.cli("node", "update", names[2], "--availability", "active")
    planned = cluster.cli("grid", "rebalance", "--format", "json").json()["plan"]
    cluster.apply(stack(cluster, instances=2), "--wait")
    refused = cluster.cli("plan", "apply", planned["hash"], check=False)
    assert refused.code != 0
    assert "the grid has changed" in refused.text
    cluster.wait_running("shop/web", 2)
