"""kill -9 of the master or of an agent loses nothing and repeats nothing."""

import time

from harness import hold, wait_until

INSTANCES = 9


def stack(image, greeting="hello"):
    return f"""
        stack: shop
        services:
          web:
            image: {image}
            instances: {INSTANCES}
            environment:
              GREETING: {greeting}
            deploy:
              wait_for_port: 80
              min_health: 0.8
        """


def test_a_master_killed_in_the_middle_of_a_deploy_finishes_it_and_deploys_nothing_twice(cluster):
    repository = cluster.repository()
    repository.write("kontena.yml", stack(cluster.image("web:1")))
    repository.commit()
    cluster.add_source(repository)
    cluster.wait_running("shop/web", INSTANCES)
    before = set(cluster.ids("shop/web").values())

    began = time.time()
    repository.write("kontena.yml", stack(cluster.image("web:1"), "moin"))
    repository.commit()

    def replaced():
        return {c.id for c in cluster.running("shop/web")} - before

    wait_until("the deploy is on its way", lambda: len(replaced()) >= 2, 30)
    cluster.master.kill()
    done_then = replaced()
    assert len(done_then) < INSTANCES, "the master was killed in the middle"
    cluster.start_master()

    def finished():
        now = cluster.wait_running("shop/web", INSTANCES, timeout=60)
        return not before & {c.id for c in now} and now

    wait_until("every instance is replaced", finished, 60)
    wait_until("the source is in sync", lambda: "synced" in cluster.source(), 20)
    assert done_then <= {c.id for c in cluster.running("shop/web")}, "what was replaced before is not replaced again"
    created = sorted(
        attributes["io.kontena.service.instance_number"]
        for host in cluster.hosts
        for attributes in host.created_since(began)
        if attributes.get("io.kontena.container.type") == "container"
    )
    assert created == sorted(str(n + 1) for n in range(INSTANCES)), "each instance was created once"


def test_a_master_killed_again_and_again_still_finishes(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    cluster.apply(stack(cluster.image("web:2"), "moin"))
    for _ in range(4):
        cluster.master.kill()
        cluster.start_master()

    def finished():
        now = cluster.wait_running("shop/web", INSTANCES, timeout=60)
        return all(c.image == cluster.image("web:2") for c in now)

    wait_until("all instances have the new image", finished, 60)


def test_a_killed_agent_leaves_its_containers_running_and_adopts_them(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    before = cluster.stable()
    for agent in cluster.agents:
        agent.kill()
    hold("the containers run on", lambda: cluster.stable() == before, 1)
    for agent in cluster.agents:
        agent.start()
    cluster.wait_nodes_online()
    hold("the containers are adopted, not replaced", lambda: cluster.stable() == before, 2)

    victim = cluster.running("shop/web")[0]
    cluster.hosts[victim.host - 1].engine("DELETE", f"/containers/{victim.id}?force=1")
    now = cluster.wait_running("shop/web", INSTANCES)
    assert len({c.id for c in now} & set(before)) == INSTANCES - 1, "and looked after again"


def test_an_agent_killed_in_the_middle_of_a_deploy_goes_on_with_it(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    cluster.apply(stack(cluster.image("web:2")))
    cluster.agents[1].kill()
    cluster.agents[1].start()

    def finished():
        now = cluster.wait_running("shop/web", INSTANCES, timeout=60)
        return all(c.image == cluster.image("web:2") for c in now)

    wait_until("all instances have the new image", finished, 60)


def test_without_a_master_crashed_and_removed_containers_come_back(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    cluster.master.kill()
    crashed, removed = cluster.running("shop/web")[:2]
    cluster.hosts[crashed.host - 1].engine("POST", f"/containers/{crashed.id}/kill?signal=KILL")
    cluster.hosts[removed.host - 1].engine("DELETE", f"/containers/{removed.id}?force=1")
    cluster.wait_running("shop/web", INSTANCES, timeout=20)

    # Also by an agent that starts while the master is gone: it knows its assignments from its disk.
    agent = cluster.agents[crashed.host - 1]
    agent.kill()
    victim = next(c for c in cluster.running("shop/web") if c.host == crashed.host)
    cluster.hosts[victim.host - 1].engine("DELETE", f"/containers/{victim.id}?force=1")
    agent.start()
    cluster.wait_running("shop/web", INSTANCES, timeout=20)
    settled = cluster.stable()

    cluster.start_master()
    cluster.wait_nodes_online()
    hold("the master's return changes nothing", lambda: cluster.stable() == settled, 2)


def test_programs_end_orderly_on_sigterm_and_leave_containers_running(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    before = cluster.stable()
    for process in [*cluster.agents, cluster.master]:
        process.stop()
    assert cluster.stable() == before
