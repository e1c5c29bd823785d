"""Git servers that are down, slow or rewritten, and images that do not exist: clear words, retries, nothing lost."""

import time

from harness import StallingServer, hold, wait_until


def stack(image, instances=2, greeting="hello", name="shop"):
    return f"""
        stack: {name}
        services:
          web:
            image: {image}
            instances: {instances}
            environment:
              GREETING: {greeting}
        """


def test_a_git_server_that_is_down_is_reported_and_retried(cluster):
    repository = cluster.repository()
    repository.write("kontena.yml", stack(cluster.image("web:1")))
    repository.commit()
    cluster.add_source(repository)
    cluster.wait_running("shop/web", 2)
    before = cluster.stable()

    cluster.lab.script("git-stop")
    repository.write("kontena.yml", stack(cluster.image("web:1"), instances=3))
    repository.commit("Meanwhile")
    wait_until("source show says that the server cannot be reached", lambda: "unreachable" in cluster.source(), 20)
    hold("what runs stays", lambda: cluster.stable() == before, 2)

    cluster.lab.script("git-start")
    cluster.wait_running("shop/web", 3)
    wait_until("the source is in sync", lambda: "synced" in cluster.source(), 20)


def test_a_git_server_that_hangs_delays_nobody_else(cluster):
    with StallingServer(cluster.lab.gateway) as server:
        cluster.cli("source", "add", "hangs", "--url", f"http://{cluster.lab.gateway}:{server.port}/repository.git", "--interval", "1s")
        wait_until("the master tried it", lambda: server.connections, 20)

        repository = cluster.repository()
        repository.write("kontena.yml", stack(cluster.image("web:1")))
        repository.commit()
        cluster.add_source(repository)
        cluster.wait_running("shop/web", 2, timeout=20)
        began = time.monotonic()
        cluster.cli("service", "list")
        assert time.monotonic() - began < 1, "the API answers at once"
        wait_until("and the state is shown", lambda: "unreachable" in cluster.source("hangs"), 60)


def test_wrong_credentials_are_named(cluster):
    repository = cluster.repository()
    cluster.cli(
        *("source", "add", "stacks", "--url", repository.url, "--interval", "1s", "--username", "lab", "--password-stdin"),
        stdin="wrong",
    )

    def named():
        shown = cluster.source().lower()
        assert "unreachable" in shown and ("auth" in shown or "401" in shown or "credential" in shown), shown
        return shown

    assert "wrong" not in wait_until("source show says that the credentials are refused", named, 20)


def test_a_force_push_is_followed(cluster):
    repository = cluster.repository()
    repository.write("kontena.yml", stack(cluster.image("web:1")))
    repository.commit("First")
    repository.write("kontena.yml", stack(cluster.image("web:1"), instances=4))
    repository.commit("Second")
    cluster.add_source(repository)
    cluster.wait_running("shop/web", 4)

    repository.git("reset", "-q", "--hard", "HEAD~1")
    repository.write("kontena.yml", stack(cluster.image("web:1"), greeting="rewritten"))
    repository.git("commit", "-q", "-a", "--amend", "-m", "Another history")
    repository.push("--force")

    def followed():
        now = cluster.wait_running("shop/web", 2)
        return all("GREETING=rewritten" in cluster.hosts[c.host - 1].inspect(c)["Config"]["Env"] for c in now)

    wait_until("the new history is applied", followed, 40)
    wait_until("the source shows the new commit", lambda: repository.head()[:7] in cluster.source(), 20)


def test_an_emptied_or_vanished_repository_removes_nothing(cluster):
    repository = cluster.repository()
    repository.write("kontena.yml", stack(cluster.image("web:1")))
    repository.commit()
    cluster.add_source(repository, "stacks", "--prune")
    cluster.wait_running("shop/web", 2)
    before = cluster.stable()

    moved = repository.bare.with_suffix(".away")
    repository.bare.rename(moved)
    wait_until("the source is unreachable", lambda: "unreachable" in cluster.source(), 20)
    hold("what runs stays", lambda: cluster.stable() == before, 2)
    moved.rename(repository.bare)
    repository.write("kontena.yml", stack(cluster.image("web:1"), instances=1))
    repository.commit()
    cluster.wait_running("shop/web", 1)


def test_an_image_that_does_not_exist_is_reported_and_retried(cluster):
    missing = cluster.image("later:1")
    cluster.apply(stack(cluster.image("web:1"), name="good"), "--wait")
    cluster.apply(stack(missing, instances=1, name="late"))

    def reported():
        shown = cluster.cli("service", "show", "late/web").text
        assert "later:1" in shown and "not found" in shown.lower() or "manifest unknown" in shown, shown
        return shown

    wait_until("service show names the image and the reason", reported, 20)
    assert cluster.numbers("good/web") == [1, 2]

    host = cluster.hosts[0]
    host.docker("pull", "-q", cluster.image("web:1"))
    host.docker("tag", cluster.image("web:1"), missing)
    host.docker("push", "-q", missing)
    host.docker("rmi", missing)
    cluster.wait_running("late/web", 1, timeout=60)


def test_a_failed_image_change_keeps_the_old_containers(cluster):
    cluster.apply(stack(cluster.image("web:1"), instances=3), "--wait")
    before = cluster.ids("shop/web")
    failed = cluster.apply(stack(cluster.image("nowhere:9"), instances=3), "--wait", check=False)
    assert failed.code == 1 and "nowhere:9" in failed.text
    assert cluster.ids("shop/web") == before, "the image is fetched before anything is stopped"
