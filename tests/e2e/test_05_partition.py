"""A host that is cut off: its stateless instances run elsewhere after the grace; a stateful one waits for its host."""

import time

from harness import hold, wait_until


def stack(image):
    return f"""
        stack: shop
        services:
          web:
            image: {image}
            instances: 3
            deploy:
              reschedule_after: 5s
          slow-to-move:
            image: {image}
            affinity:
              - node==~host-3
            deploy:
              reschedule_after: 1h
          db:
            image: {image}
            stateful: true
            volumes: ["/data"]
            affinity:
              - node==~host-3
            deploy:
              reschedule_after: 5s
        """


def test_instances_of_a_lost_host_move_and_exactly_the_desired_number_is_left_after_its_return(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    assert sorted(c.host for c in cluster.wait_running("shop/web", 3)) == [1, 2, 3]
    lost = cluster.hosts[2]
    (db,) = cluster.running("shop/db")
    (slow,) = cluster.running("shop/slow-to-move")
    assert db.host == slow.host == lost.number
    kept = {c.number: c.id for c in cluster.running("shop/web") if c.host != lost.number}

    lost.partition()
    cut = time.monotonic()

    def elsewhere(service):
        return [c for c in cluster.running(service) if c.host != lost.number]

    wait_until("three instances run on the other two hosts", lambda: sorted(c.number for c in elsewhere("shop/web")) == [1, 2, 3], 60)
    assert time.monotonic() - cut >= 10, "not before the silence of 10 s that makes a node offline, and the grace"
    assert kept.items() <= {c.number: c.id for c in elsewhere("shop/web")}.items(), "instances on live hosts stay as they are"
    hold("the stateful instance and the one with a long grace wait", lambda: not elsewhere("shop/db") and not elsewhere("shop/slow-to-move"), 3)
    assert cluster.online_nodes() == 2

    lost.heal()
    cluster.wait_nodes_online()
    cluster.wait_running("shop/web", 3)
    hold("exactly three run", lambda: cluster.numbers("shop/web") == [1, 2, 3], 3)
    assert [c.id for c in cluster.running("shop/db")] == [db.id], "the stateful instance never moved nor restarted"
    assert [c.id for c in cluster.running("shop/slow-to-move")] == [slow.id]


def test_a_short_cut_moves_nothing(cluster):
    cluster.apply(stack(cluster.image("web:1")), "--wait")
    before = cluster.stable()
    cluster.hosts[0].partition()
    hold("nothing moves", lambda: set(cluster.stable()) == set(before), 4)
    cluster.hosts[0].heal()
    cluster.wait_nodes_online()
    hold("nothing moves", lambda: cluster.stable() == before, 2)
