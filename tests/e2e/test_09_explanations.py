"""`plan show` explains every action with its cause and every placement; the events tell the same story."""

import re

from harness import wait_until


def test_plan_show_explains_actions_and_placements(cluster):
    image = cluster.image("web:1")
    repository = cluster.repository()
    text = f"""
        stack: shop
        services:
          web:
            image: {image}
            instances: 3
          pinned:
            image: {image}
            affinity:
              - node==host-2
        """
    repository.write("stacks/shop.yml", text)
    commit = repository.commit("Open the shop")
    cluster.add_source(repository, "stacks", "--path", "stacks")
    cluster.wait_running("shop/web", 3)
    cluster.wait_running("shop/pinned", 1)

    shown = plan(cluster)
    assert commit[:7] in shown
    assert re.search(r"stacks/shop\.yml:\d+", shown), "file and line"
    for service in ("shop/web", "shop/pinned"):
        assert service in shown
    for host in cluster.hosts:
        assert host.name in shown, "every placement is named"
    assert "affinity" in shown.lower() or "node==host-2" in shown, "the filter that refused the other hosts"

    repository.write("stacks/shop.yml", text.replace("instances: 3", "instances: 1"))
    second = repository.commit("Scale down")
    cluster.wait_running("shop/web", 1)
    shown = plan(cluster)
    assert second[:7] in shown and "shop/web" in shown and "shop/pinned" not in shown
    assert "instances" in shown and "3" in shown and "1" in shown, "the field that changed, before and after"


def test_what_cannot_be_placed_is_explained(cluster):
    applied = cluster.apply(
        f"""
        stack: shop
        services:
          web:
            image: {cluster.image("web:1")}
            affinity:
              - node==host-9
        """,
        "--dry-run",
        check=False,
    )
    assert "shop/web" in applied.text and "host-9" in applied.text and "3" in applied.text, applied.text


def test_events_tell_what_happened_and_why(cluster):
    repository = cluster.repository()
    repository.write("kontena.yml", f"stack: shop\nservices:\n  web:\n    image: {cluster.image('web:1')}\n")
    commit = repository.commit()
    cluster.add_source(repository)
    cluster.wait_running("shop/web", 1)

    def told():
        events = cluster.cli("events").text
        assert "shop/web" in events and commit[:7] in events, events
        return True

    wait_until("the events name the service and the commit", told, 10)


def plan(cluster):
    """`plan show` of the source's last plan."""
    wait_until("the source is in sync", lambda: "synced" in cluster.source(), 20)
    found = re.search(r"(?im)^\W*plan\W+(\S+)", cluster.source())
    assert found, f"source show names the plan:\n{cluster.source()}"
    return cluster.cli("plan", "show", found[1]).text
