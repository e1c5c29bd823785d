"""What goes away by itself or by hand comes back; what Kontena did not make is left alone."""

import json
import time
import urllib.parse

from harness import hold, wait_until


def stack(image):
    return f"""
        stack: shop
        services:
          web:
            image: {image}
            instances: 3
        """


def test_a_removed_container_is_back_within_three_seconds(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    victim = cluster.running("shop/web")[0]
    others = {c.id for c in cluster.running("shop/web")} - {victim.id}
    host = cluster.hosts[victim.host - 1]

    host.engine("DELETE", f"/containers/{victim.id}?force=1")
    removed = time.monotonic()
    wait_until("it is back", lambda: victim.number in cluster.numbers("shop/web"), 20)
    took = time.monotonic() - removed

    assert took <= 3.0, f"it took {took:.1f} s"
    back = cluster.wait_running("shop/web", 3)
    assert back[0].host == victim.host and back[0].name == victim.name
    assert others <= {c.id for c in back}


def test_a_stopped_container_is_started_again(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    victim = cluster.running("shop/web")[1]
    cluster.hosts[victim.host - 1].engine("POST", f"/containers/{victim.id}/stop")
    wait_until("it runs again", lambda: victim.number in cluster.numbers("shop/web"), 10)
    cluster.wait_running("shop/web", 3)


def test_a_crashed_container_is_started_again(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    victim = cluster.running("shop/web")[2]
    cluster.hosts[victim.host - 1].engine("POST", f"/containers/{victim.id}/kill?signal=KILL")
    wait_until("it runs again", lambda: victim.number in cluster.numbers("shop/web"), 10)
    cluster.wait_running("shop/web", 3)


def test_containers_that_kontena_did_not_make_are_never_touched(cluster):
    foreign = {}
    for host in cluster.hosts:
        running = host.docker("run", "-d", "--name", "shop.web-9", cluster.image("web:1")).strip()
        ended = host.docker("create", "--name", "kontena-lookalike", cluster.image("web:1")).strip()
        foreign[host.number] = (running, ended)

    def untouched():
        for host in cluster.hosts:
            running, ended = (host.engine("GET", f"/containers/{id}/json") for id in foreign[host.number])
            assert running["State"]["Running"] and running["RestartCount"] == 0 and running["Name"] == "/shop.web-9"
            assert ended["State"]["Status"] == "created"
        return True

    cluster.apply(stack(cluster.image("web:1")), "--wait")
    assert untouched()
    cluster.apply(stack(cluster.image("web:2")), "--wait")
    assert untouched()
    cluster.cli("stack", "remove", "--force", "shop")
    wait_until("the stack is gone", lambda: not cluster.containers(state=None), 30)
    for agent in cluster.agents:
        agent.kill()
        agent.start()
    cluster.wait_nodes_online()
    hold("foreign containers are untouched", untouched, 2)


def test_a_service_that_always_crashes_is_tried_with_growing_pauses_and_explained(cluster):
    started = time.time()
    cluster.apply(
        f"""
        stack: bad
        services:
          job:
            image: {cluster.image("crash:1")}
        """
    )

    def explained():
        text = cluster.cli("service", "show", "bad/job").text
        assert "3" in text and "crash line 25" in text, text
        return text

    wait_until("service show tells the exit code and the last log lines", explained, 30)
    begun = time.monotonic()
    before = starts(cluster, started)
    wait_until("ten seconds of crashing", lambda: time.monotonic() > begun + 10, 15)
    assert starts(cluster, started) - before <= 8, "restarts back off"


def starts(cluster, since):
    """How often any container of the test was started."""
    total = 0
    for host in cluster.hosts:
        filters = urllib.parse.quote(json.dumps({"type": ["container"], "event": ["start"]}))
        text = host.engine("GET", f"/events?since={since:.3f}&until={time.time():.3f}&filters={filters}")
        total += 1 if isinstance(text, dict) else len(text.splitlines())
    return total
