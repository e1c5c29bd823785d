"""A commit that cannot be deployed is taken back as a whole and quarantined; plans are kept and carried out exactly."""

from textwrap import dedent

from harness import hold, wait_until


def stack(web, api, greeting="hello"):
    return dedent(
        f"""
        stack: shop
        services:
          web:
            image: {web}
            instances: 3
            environment: {{GREETING: {greeting}}}
            deploy: {{min_health: 0.6}}
          api:
            image: {api}
            instances: 1
        """
    )


def status(cluster):
    code, body = cluster.api("GET", f"/v1/sources/{cluster.GRID}/stacks")
    assert code == 200, body
    return body["status"]


def wait_state(cluster, state):
    def reached():
        now = status(cluster)
        assert now["state"] == state, now
        return now

    return wait_until(f"the source is {state}", reached, 60)


def start(cluster):
    repository = cluster.repository()
    repository.write("kontena.yml", stack(cluster.image("web:1"), cluster.image("web:1")))
    repository.commit()
    cluster.add_source(repository)
    cluster.wait_running("shop/web", 3)
    cluster.wait_deployed("shop/web")
    cluster.wait_deployed("shop/api")
    return repository


def test_a_commit_that_fails_is_taken_back_and_no_poll_applies_it_again(cluster):
    repository = start(cluster)
    good = status(cluster)["applied_commit"]
    before = cluster.ids("shop/web")
    repository.write("kontena.yml", stack(cluster.image("crash:1"), cluster.image("web:2")))
    repository.commit("Break web")
    bad = repository.head()
    now = wait_state(cluster, "failed")
    assert now["quarantine"]["commit"] == bad
    assert now["quarantine"]["rolled_back"]
    assert now["quarantine"]["service"] == f"{cluster.GRID}/shop/web"
    assert now["quarantine"]["failure"]["gate"] == "run"
    assert now["quarantine"]["failure"]["log_tail"]
    assert now["applied_commit"] == good

    web = cluster.wait_running("shop/web", 3, timeout=60)
    api = cluster.wait_running("shop/api", 1, timeout=60)
    images = {cluster.hosts[c.host - 1].inspect(c)["Config"]["Image"] for c in [*web, *api]}
    assert images == {cluster.image("web:1")}, "also the service that could be deployed went back"
    kept = [number for number, container in cluster.ids("shop/web").items() if before[number] == container]
    assert len(kept) == 2, "what the rollout did not reach kept its container"

    shown = cluster.cli("source", "show", "stacks").text
    assert bad in shown and "gate: run" in shown and "quarantined" in shown
    refused = cluster.sync(check=False)
    assert refused.code == 1
    assert "kontena source retry stacks" in refused.text
    still = cluster.stable()
    hold("no poll applies it again", lambda: cluster.stable() == still and status(cluster)["state"] == "failed", 3)


def test_a_newer_commit_ends_the_quarantine(cluster):
    repository = start(cluster)
    repository.write("kontena.yml", stack(cluster.image("crash:1"), cluster.image("web:1")))
    repository.commit("Break web")
    wait_state(cluster, "failed")
    retried = cluster.cli("source", "retry", "stacks", "--wait", check=False)
    assert retried.code == 1, "it fails again"
    wait_state(cluster, "failed")
    repository.write("kontena.yml", stack(cluster.image("web:2"), cluster.image("web:1")))
    repository.commit("Mend web")
    wait_state(cluster, "synced")
    cluster.wait_deployed("shop/web", timeout=60)
    web = cluster.wait_running("shop/web", 3)
    assert {cluster.hosts[c.host - 1].inspect(c)["Config"]["Image"] for c in web} == {cluster.image("web:2")}


def test_a_saved_plan_does_exactly_that_or_says_what_moved(cluster):
    text = stack(cluster.image("web:1"), cluster.image("web:1"))
    saved = cluster.apply(text, "--dry-run", "--save", "--format", "json").json()["plan"]
    assert cluster.running("shop/web") == []
    plan = saved["id"].split("/")[1]
    assert cluster.cli("plan", "apply", plan, "--wait").code == 0
    cluster.wait_running("shop/web", 3)
    again = cluster.cli("plan", "apply", plan, check=False)
    assert again.code == 1
    assert "was carried out already" in again.text and "everything that it wanted was deployed" in again.text

    change = stack(cluster.image("web:1"), cluster.image("web:1"), greeting="moin")
    other = cluster.apply(change, "--dry-run", "--save", "--format", "json").json()["plan"]["id"].split("/")[1]
    cluster.cli("service", "scale", "shop/web", "2", "--wait")
    moved = cluster.cli("plan", "apply", other, check=False)
    assert moved.code == 1
    assert "the grid has changed" in moved.text and "shop/web" in moved.text


def test_why_explains_what_runs_what_moved_and_what_does_not_run(cluster):
    cluster.apply(
        f"""
        stack: shop
        services:
          web: {{image: {cluster.image("web:1")}, instances: 1, deploy: {{reschedule_after: 0}}}}
          lost: {{image: {cluster.image("web:1")}, affinity: ["label==disk=ssd"]}}
        """
    )
    cluster.wait_running("shop/web", 1)
    cluster.wait_deployed("shop/web")
    (web,) = cluster.running("shop/web")
    home = f"host-{web.host}"
    runs = cluster.cli("service", "why", "shop/web-1").text
    assert f"runs on {home}" in runs and "ha: fewest instances" in runs and "stack apply" in runs
    nowhere = cluster.cli("service", "why", "shop/lost").text
    assert "affinity label==disk=ssd" in nowhere
    refused = nowhere.split("affinity refused 3 (", 1)[1].split(")", 1)[0]
    assert set(refused.split(", ")) == {"host-1", "host-2", "host-3"}, "who refused"
    host = cluster.hosts[web.host - 1]
    host.partition()
    try:
        wait_until("web moved", lambda: [c.host for c in cluster.running("shop/web") if c.host != web.host], 40)
        cluster.wait_deployed("shop/web")
        moved = cluster.cli("service", "why", "shop/web").text
        assert f"moves from {home} to host-" in moved and f"node {home} is offline" in moved
    finally:
        host.heal()
