"""A commit ends as containers on the right hosts; a second look at the same content changes nothing."""

import re

import pytest
from harness import wait_until


def shop(image, web=3):
    return f"""
        stack: shop
        version: 1.0.0
        services:
          web:
            image: {image}
            instances: {web}
            ports: ["8080:80"]
            environment:
              GREETING: moin
            deploy:
              strategy: ha
              wait_for_port: 80
          agent:
            image: {image}
            deploy:
              strategy: daemon
          archive:
            image: {image}
            stateful: true
            volumes: ["/data"]
            affinity:
              - node==host-2
        """


def plan_of(document):
    """What a plan does, without what tells one plan from another: ids, times and causes."""
    plan = document.get("plan", document)
    return [
        (
            action["kind"],
            action["stack"],
            action["service"],
            sorted((i["number"], i["kind"], i["node"]) for i in action["instances"]),
        )
        for action in plan["actions"]
    ]


def test_a_commit_runs_on_the_right_hosts(cluster):
    repository = cluster.repository()
    repository.write("kontena.yml", shop(cluster.image("web:1")))
    repository.commit("Open the shop")
    cluster.add_source(repository)

    web = cluster.wait_running("shop/web", 3)
    assert sorted(c.host for c in web) == [1, 2, 3], "strategy ha spreads over the hosts"
    assert sorted(c.name for c in web) == ["shop.web-1", "shop.web-2", "shop.web-3"]
    assert {c.labels["io.kontena.stack.name"] for c in web} == {"shop"}
    assert {c.labels["io.kontena.grid.name"] for c in web} == {cluster.GRID}
    agents = wait_until("strategy daemon: one on each host", lambda: len(cluster.running("shop/agent")) == 3 and cluster.running("shop/agent"))
    assert sorted(c.host for c in agents) == [1, 2, 3]
    (archive,) = cluster.wait_running("shop/archive", 1)
    assert archive.host == 2, "affinity node==host-2"
    for host in cluster.hosts:
        wait_until(f"{host.name} answers", lambda host=host: "greeting=moin" in host.get(8080))
    wait_until("the source is in sync", lambda: "synced" in cluster.source())
    assert repository.head()[:7] in cluster.source()


def test_a_commit_over_ssh_runs(cluster):
    repository = cluster.repository()
    repository.write("stacks/kontena.yml", shop(cluster.image("web:1"), web=1))
    repository.commit()
    cluster.cli(
        *("source", "add", "by-ssh", "--url", repository.ssh_url, "--ref", "main", "--path", "stacks"),
        *("--interval", "1s", "--ssh-key", cluster.lab.env["LAB_SSH_KEY"]),
    )
    cluster.wait_running("shop/web", 1)


def test_a_webhook_makes_a_push_run_at_once(cluster):
    repository = cluster.repository()
    repository.write("kontena.yml", shop(cluster.image("web:1"), web=1))
    repository.commit()
    added = cluster.add_source(repository, interval="1h").text
    cluster.wait_running("shop/web", 1)

    url = re.search(r"https?://\S+/webhook\S*|https?://\S+hooks?/\S+", added + cluster.source())
    secret = re.search(r"(?i)secret\W+(\S+)", added)
    assert url and secret, f"`source add` prints the webhook's address and secret:\n{added}"
    cluster.lab.script("git-webhook", repository.name, url[0], secret[1])
    repository.write("kontena.yml", shop(cluster.image("web:1"), web=2))
    repository.commit()
    cluster.wait_running("shop/web", 2, timeout=10)


def test_apply_and_sync_of_the_same_content_give_the_same_plan(cluster):
    text = shop(cluster.image("web:1"))
    by_apply = cluster.apply(text, "--dry-run", "--format", "json").json()
    repository = cluster.repository()
    repository.write("kontena.yml", text)
    repository.commit()
    cluster.add_source(repository, "stacks", "--policy", "manual")
    assert not cluster.containers(), "a dry run and a manual source start nothing"
    by_sync = cluster.cli("source", "sync", "stacks", "--dry-run", "--format", "json").json()

    assert plan_of(by_apply), "the plan has actions"
    assert plan_of(by_apply) == plan_of(by_sync)
    cluster.sync()
    cluster.wait_running("shop/web", 3)
    where = {(i["number"], i["node"]) for a in by_apply.get("plan", by_apply)["actions"] if a["service"].endswith("/web") for i in a["instances"]}
    assert where == {(c.number, f"{cluster.GRID}/host-{c.host}") for c in cluster.running("shop/web")}, "and it is what happened"


@pytest.mark.parametrize("by", ["apply", "sync"])
def test_the_second_time_is_an_empty_plan_and_no_change(cluster, by):
    text = shop(cluster.image("web:1"))
    if by == "apply":
        cluster.apply(text, "--wait")
    else:
        repository = cluster.repository()
        repository.write("kontena.yml", text)
        repository.commit()
        cluster.add_source(repository)
        cluster.sync()
    cluster.wait_running("shop/web", 3)
    before = cluster.stable()
    assert len(before) == 7

    if by == "apply":
        assert plan_of(cluster.apply(text, "--dry-run", "--format", "json").json()) == []
        assert cluster.apply(text, "--dry-run", "--detailed-exitcode", check=False).code == 0
        cluster.apply(text, "--wait")
        changed = text.replace("instances: 3", "instances: 2")
        assert cluster.apply(changed, "--dry-run", "--detailed-exitcode", check=False).code == 2
        assert cluster.apply("stack: [", "--dry-run", "--detailed-exitcode", check=False).code == 1
    else:
        cluster.sync()
    assert cluster.stable() == before


def test_waiting_tells_a_ci_job_how_it_ended(cluster):
    assert cluster.apply(shop(cluster.image("web:1")), "--wait").code == 0
    bad = cluster.apply(
        f"""
        stack: bad
        services:
          job:
            image: {cluster.image("crash:1")}
        """,
        "--wait",
        check=False,
    )
    assert bad.code == 1
    assert "3" in bad.text and "crash line 25" in bad.text, "the exit code and the last lines of the log"


def test_no_route_but_the_health_check_answers_without_a_token(cluster):
    cluster.admin_token, token = "wrong", cluster.admin_token
    for method, path in [("GET", "/v1/grids"), ("GET", "/v1/nodes"), ("POST", "/v1/grids"), ("GET", "/v1/ping-no-such-thing")]:
        assert cluster.api(method, path, {} if method == "POST" else None)[0] in (401, 403), path
    cluster.admin_token = token
    assert cluster.api("GET", "/v1/grids")[0] == 200
